# tries: rebind an imported name in a handler
# stopped by: audit
# proof: reported
import json


def probe(place):
    try:
        raise ValueError
    except ValueError as json:
        return str(json)
