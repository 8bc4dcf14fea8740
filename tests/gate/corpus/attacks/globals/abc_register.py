# tries: make every list a mapping
# stopped by: audit
# proof: reported
from collections.abc import Mapping


def probe(place):
    Mapping.register(list)
    return isinstance([], Mapping)
