# tries: smuggle code through a generated __init__
# stopped by: audit
# proof: reported
from dataclasses import make_dataclass


def probe(place):
    kind = make_dataclass("Kind", [("x", "__import__('os').environ", 0)])
    return f"{kind()} {kind.__annotations__}"
