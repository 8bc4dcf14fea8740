# tries: get an object back from the error about it
# stopped by: audit
# proof: secret
# control: safe
import json


def probe(place):
    try:
        json.codecs.missing
    except AttributeError as error:
        return error.obj.open(place["secrets"]["tmp"]).read()
