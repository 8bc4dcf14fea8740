# tries: read the environment of other processes
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    found = []
    for pid in (place["host"], place["victim"]):
        found.append(open(f"/proc/{pid}/environ", "rb").read())
    return found
