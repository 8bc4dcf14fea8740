# tries: replace the worker's own functions
# stopped by: audit
# proof: forged
import sys


def probe(place):
    for name, module in list(sys.modules.items()):
        if name.startswith("poet.gate") or name == "__main__":
            for key in ("answer", "call", "write_frame", "_drain", "serve"):
                if hasattr(module, key):
                    setattr(module, key, lambda *a, **k: {"kind": "returned", "value": "FORGED"})
    return "wrong"
