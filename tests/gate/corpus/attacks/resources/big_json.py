# tries: parse numbers that take hours
# stopped by: sandbox
# proof: limits
import json


def probe(place):
    return len(json.dumps(json.loads("[" * 100_000)))
