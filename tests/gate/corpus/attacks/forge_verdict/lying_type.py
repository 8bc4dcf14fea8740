# tries: return a text that claims to be equal to all
# stopped by: verify
# proof: forged
class Text(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def probe(place):
    return Text("wrong")
