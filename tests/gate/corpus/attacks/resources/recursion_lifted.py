# tries: recurse until the stack ends
# stopped by: audit
# proof: limits
import sys


def probe(place):
    sys.setrecursionlimit(1 << 30)

    def down(n):
        return [down(n + 1)]

    return down(0)
