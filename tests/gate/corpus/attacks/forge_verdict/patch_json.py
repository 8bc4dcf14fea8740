# tries: patch what makes answers
# stopped by: audit
# proof: forged
import json


def probe(place):
    json.dumps = lambda *a, **k: '{"answer": {"kind": "returned", "value": "FORGED"}}'
    return "wrong"
