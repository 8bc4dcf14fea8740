# tries: import from its own package
# stopped by: audit
# proof: reported
from . import something


def probe(place):
    return f"ESCAPED: {something}"
