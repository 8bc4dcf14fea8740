# tries: take memory in many threads
# stopped by: sandbox
# proof: limits
from concurrent.futures import ThreadPoolExecutor


def fill(_):
    return len(bytearray(1 << 29))


def probe(place):
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(fill, range(64)))
