# tries: return an iterator without end
# stopped by: verify
# proof: limits
from itertools import count


def probe(place):
    return count()
