# tries: make an array over any address
# stopped by: audit
# proof: secret
import numpy as np


class Window:
    def __init__(self, address, size):
        self.__array_interface__ = {
            "shape": (size,), "typestr": "|u1", "data": (address, True), "version": 3
        }


def probe(place):
    return bytes(np.asarray(Window(place["address"], place["length"])))
