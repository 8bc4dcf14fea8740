# tries: run code at every call of the worker
# stopped by: audit
# proof: forged
import sys


def probe(place):
    sys.setprofile(lambda frame, event, arg: None)
    sys.addaudithook(lambda name, args: None)
    return "wrong"
