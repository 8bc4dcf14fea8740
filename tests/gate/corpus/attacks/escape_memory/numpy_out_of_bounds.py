# tries: read past the end of an array
# stopped by: audit
# proof: secret
import numpy as np


def probe(place):
    data = np.zeros(8, dtype=np.uint8)
    view = np.lib.stride_tricks.as_strided(data, shape=(1 << 24,))
    raw = view.tobytes()
    at = raw.find(b"poetsecret-")
    return raw[at : at + 60] if at >= 0 else "nothing"
