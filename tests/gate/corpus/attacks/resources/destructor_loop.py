# tries: loop while it is thrown away
# stopped by: audit
# proof: limits
class Sticky:
    def __del__(self):
        while True:
            pass


def probe(place):
    Sticky()
    return "done"
