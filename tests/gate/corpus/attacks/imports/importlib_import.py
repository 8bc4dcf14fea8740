# tries: import by importlib
# stopped by: audit
# proof: secret
# control: safe
import importlib


def probe(place):
    return importlib.import_module("io").open(place["secrets"]["tmp"]).read()
