# tries: hand getattr to another function
# stopped by: audit
# proof: secret
# control: safe
import json
from functools import reduce


def probe(place):
    table = reduce(getattr, ["loads", "__globals__"], json)
    return table["__builtins__"]["open"](place["secrets"]["tmp"]).read()
