# tries: return an object of a class that it named after another
# stopped by: verify
# proof: forged
class Popen:
    def __init__(self):
        self.args = ["true"]


Popen.__module__ = "subprocess"


def probe(place):
    return Popen()
