# tries: read a file with the import system's loader
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    for kind in object.__subclasses__():
        if kind.__name__ == "FileLoader":
            return kind("x", "x").get_data(place["secrets"]["tmp"])
    return "refused"
