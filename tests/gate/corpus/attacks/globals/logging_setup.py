# tries: silence the user's log
# stopped by: audit
# proof: reported
import logging


def probe(place):
    logging.disable(logging.CRITICAL)
    logging.getLogger().handlers.clear()
    return "silent"
