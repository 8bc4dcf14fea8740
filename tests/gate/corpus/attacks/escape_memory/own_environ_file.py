# tries: read its own first environment
# stopped by: audit
# proof: secret
def probe(place):
    return open("/proc/self/environ", "rb").read()
