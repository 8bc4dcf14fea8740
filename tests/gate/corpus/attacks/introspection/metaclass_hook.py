# tries: run code while a class is made
# stopped by: audit
# proof: secret
# control: safe
class Meta(type):
    def __prepare__(name, bases, **more):
        return {"found": bases}

    def __getattr__(cls, name):
        return object.__subclasses__


class Probe(metaclass=Meta):
    pass


def probe(place):
    for kind in Probe.anything():
        if kind.__name__ == "FileLoader":
            return kind("x", "x").get_data(place["secrets"]["tmp"])
