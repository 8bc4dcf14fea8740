# tries: read attributes by string.Formatter
# stopped by: audit
# proof: secret
import logging
import string


def probe(place):
    return string.Formatter().format("{0.__init__.__globals__[os].environ}", logging.Logger("x"))
