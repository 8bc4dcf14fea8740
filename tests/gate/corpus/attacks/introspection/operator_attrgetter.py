# tries: read hidden attributes through operator
# stopped by: audit
# proof: secret
# control: safe
import json
from operator import attrgetter


def probe(place):
    table = attrgetter("__globals__")(json.loads)
    return table["__builtins__"]["open"](place["secrets"]["tmp"]).read()
