# tries: list all orders of thirty things
# stopped by: sandbox
# proof: limits
from itertools import permutations


def probe(place):
    return len(list(permutations(range(30))))
