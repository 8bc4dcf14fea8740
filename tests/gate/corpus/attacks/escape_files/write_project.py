# tries: write a file into the project
# stopped by: audit
# proof: files
# control: safe
def probe(place):
    with open(place["project"] + "/planted.py", "w") as stream:
        stream.write("print('planted')")
