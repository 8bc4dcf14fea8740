# tries: assign through globals()
# stopped by: audit
# proof: reported
def probe(place):
    globals()["probe"] = lambda _: "other"
    return "patched"
