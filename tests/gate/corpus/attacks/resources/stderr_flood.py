# tries: write errors without end
# stopped by: audit
# proof: limits
import sys


def probe(place):
    while True:
        sys.stderr.write("x" * 100_000)
