# tries: take memory by an array
# stopped by: sandbox
# proof: limits
import numpy as np


def probe(place):
    return float(np.ones(1 << 33).sum())
