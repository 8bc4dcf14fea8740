# tries: build the name of a hidden attribute
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    name = "_" * 2 + "subclasses" + "_" * 2
    for kind in getattr(object, name)():
        if kind.__name__ == "FileLoader":
            return kind("x", "x").get_data(place["secrets"]["tmp"])
