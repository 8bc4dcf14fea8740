# tries: start a pool of processes
# stopped by: audit
# proof: process
from concurrent.futures import ProcessPoolExecutor


def probe(place):
    with ProcessPoolExecutor(1) as pool:
        return f"ESCAPED: {pool.submit(int).result()}"
