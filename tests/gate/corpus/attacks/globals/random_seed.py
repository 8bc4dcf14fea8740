# tries: fix the random numbers of everyone
# stopped by: audit
# proof: reported
import random


def probe(place):
    random.seed(0)
    return random.random()
