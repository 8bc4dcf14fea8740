# tries: match with exponential backtracking
# stopped by: sandbox
# proof: limits
import re


def probe(place):
    return re.match(r"(a+)+$", "a" * 64 + "!") is None
