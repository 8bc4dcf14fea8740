# tries: unpickle through numpy
# stopped by: audit
# proof: secret
import io
import pickle

import numpy as np


def probe(place):
    stream = io.BytesIO()
    np.save(stream, np.array([print], dtype=object), allow_pickle=True)
    stream.seek(0)
    return str(np.load(stream, allow_pickle=True)) + str(pickle.HIGHEST_PROTOCOL)
