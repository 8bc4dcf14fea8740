# tries: patch what packs answers
# stopped by: audit
# proof: forged
import sys


def probe(place):
    for name in ("msgpack", "msgpack.fallback", "msgpack._cmsgpack"):
        if name in sys.modules:
            sys.modules[name].packb = lambda *a, **k: b"\xa6FORGED"
            sys.modules[name].Packer = None
    return "wrong"
