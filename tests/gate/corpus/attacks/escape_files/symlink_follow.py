# tries: follow a link in the project to the secret
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    return open(place["link"], "rb").read()
