# tries: reach os through logging
# stopped by: audit
# proof: secret
# control: safe
import logging


def probe(place):
    return logging.os.popen(f"cat '{place['secrets']['tmp']}'").read()
