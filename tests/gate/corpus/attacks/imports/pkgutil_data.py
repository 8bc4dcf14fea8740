# tries: read a file as package data
# stopped by: audit
# proof: secret
# control: safe
import pkgutil
import sys


def probe(place):
    sys.path.insert(0, place["project"])
    return pkgutil.get_data("test_app", "secret.txt")
