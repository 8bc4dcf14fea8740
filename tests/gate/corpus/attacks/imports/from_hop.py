# tries: import a module out of another
# stopped by: audit
# proof: secret
# control: safe
from logging import os


def probe(place):
    return os.popen(f"cat '{place['secrets']['tmp']}'").read()
