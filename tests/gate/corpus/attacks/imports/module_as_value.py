# tries: hand a module to a function
# stopped by: audit
# proof: secret
# control: safe
import logging


def reach(module):
    return vars(module)["os"]


def probe(place):
    return reach(logging).popen(f"cat '{place['secrets']['tmp']}'").read()
