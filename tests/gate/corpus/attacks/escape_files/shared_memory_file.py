# tries: leave a file in /dev/shm
# stopped by: audit
# proof: files
# control: safe
def probe(place):
    with open("/dev/shm/" + place["mark"], "w") as stream:
        stream.write("x")
