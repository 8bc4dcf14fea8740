# tries: give every module another len
# stopped by: audit
# proof: reported
import builtins


def probe(place):
    builtins.len = lambda _: 0
    return "patched"
