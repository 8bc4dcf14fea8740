# tries: raise an error whose arguments cannot be read
# stopped by: verify
# proof: forged
class Odd(Exception):
    @property
    def args(self):
        raise RuntimeError("no")


def probe(place):
    raise Odd("x")
