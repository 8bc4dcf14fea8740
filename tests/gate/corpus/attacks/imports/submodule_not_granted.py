# tries: reach a submodule whose parent is granted
# stopped by: audit
# proof: reported
import numpy as np


def probe(place):
    compiled = np.f2py.compile
    return f"reached {compiled}"
