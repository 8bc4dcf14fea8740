# tries: get a module back from the error about it
# stopped by: audit
# proof: secret
# control: safe
import logging


def probe(place):
    try:
        logging.os.nothing
    except AttributeError as error:
        module = error.obj
    return module.popen(f"cat '{place['secrets']['tmp']}'").read()
