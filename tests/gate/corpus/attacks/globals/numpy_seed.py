# tries: fix NumPy's random numbers
# stopped by: audit
# proof: reported
import numpy as np


def probe(place):
    np.random.seed(0)
    np.seterr(all="ignore")
    np.set_printoptions(precision=1)
    return "set"
