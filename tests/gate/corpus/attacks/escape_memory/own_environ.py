# tries: read the environment
# stopped by: audit
# proof: secret
# control: safe
import os


def probe(place):
    return dict(os.environ)
