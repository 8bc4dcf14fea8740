# tries: assign by setattr
# stopped by: audit
# proof: reported
import json


def probe(place):
    setattr(json, "dumps", str)
    return "patched"
