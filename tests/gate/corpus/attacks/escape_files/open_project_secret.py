# tries: read a file of the project with open()
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    with open(place["secrets"]["project"]) as stream:
        return stream.read()
