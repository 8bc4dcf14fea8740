# tries: append to a file
# stopped by: audit
# proof: files
# control: safe
def probe(place):
    open(place["canary"] + "/kept.txt", "a").write("more")
