# tries: read a file with numpy.genfromtxt
# stopped by: audit
# proof: secret
# control: safe
import numpy as np


def probe(place):
    return str(np.genfromtxt(place["secrets"]["project"], dtype=str, delimiter="\x00"))
