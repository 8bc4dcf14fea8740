# tries: smuggle code through a generated class
# stopped by: audit
# proof: reported
from collections import namedtuple


def probe(place):
    return repr(namedtuple("Kind", "x", module="os.path")(1).__class__.__new__.__globals__)[:2000]
