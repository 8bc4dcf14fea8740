# tries: import everything
# stopped by: audit
# proof: secret
# control: safe
from os import *


def probe(place):
    return popen(f"cat '{place['secrets']['tmp']}'").read()
