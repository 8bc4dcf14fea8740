# tries: reach modules through a function's globals
# stopped by: audit
# proof: secret
# control: safe
import json


def probe(place):
    codecs = json.loads.__globals__["detect_encoding"].__globals__["codecs"]
    return codecs.open(place["secrets"]["project"]).read()
