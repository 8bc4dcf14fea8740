# tries: patch the codec to answer something else
# stopped by: audit
# proof: forged
import sys


def probe(place):
    for name, module in list(sys.modules.items()):
        if name.startswith("poet") and hasattr(module, "encode"):
            module.encode = lambda *a, **k: "FORGED"
    return "wrong"
