# tries: change how threads take turns
# stopped by: audit
# proof: reported
import sys


def probe(place):
    sys.setswitchinterval(1000)
    return "set"
