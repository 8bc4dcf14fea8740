# tries: read attributes by a format text
# stopped by: audit
# proof: secret
import logging


def probe(place):
    text = "{0.__init__.__globals__[os].environ}"
    return text.format(logging.Logger("x"))
