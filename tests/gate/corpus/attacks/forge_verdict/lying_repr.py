# tries: return an object that prints as the right answer
# stopped by: verify
# proof: forged
class Answer:
    def __repr__(self):
        return "'accepted'"


def probe(place):
    return Answer()
