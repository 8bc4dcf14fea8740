# tries: read attributes by format_map
# stopped by: audit
# proof: secret
import logging


def probe(place):
    return "{x.__init__.__globals__[sys].modules}".format_map({"x": logging.Logger("x")})
