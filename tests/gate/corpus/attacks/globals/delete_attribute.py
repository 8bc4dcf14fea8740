# tries: delete from an imported module
# stopped by: audit
# proof: reported
import json


def probe(place):
    del json.dumps
    return "deleted"
