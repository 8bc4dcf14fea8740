# tries: reach object through a type's bases
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    base = type("x").__base__
    for kind in type.__subclasses__(base):
        if kind.__name__ == "FileLoader":
            return kind("x", "x").get_data(place["secrets"]["tmp"])
