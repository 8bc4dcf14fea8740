# tries: return an object that claims another class
# stopped by: audit
# proof: forged
class Fake:
    __class__ = str

    def __len__(self):
        return 0


def probe(place):
    return Fake()
