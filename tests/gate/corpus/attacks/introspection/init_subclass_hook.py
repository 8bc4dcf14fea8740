# tries: run code while a subclass is made
# stopped by: audit
# proof: secret
# control: safe
found = []


class Base:
    def __init_subclass__(cls, **more):
        found.append(cls.__mro__[-1].__subclasses__())


class Derived(Base):
    pass


def probe(place):
    for kind in found[0]:
        if kind.__name__ == "FileLoader":
            return kind("x", "x").get_data(place["secrets"]["tmp"])
