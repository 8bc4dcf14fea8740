# tries: log without end
# stopped by: sandbox
# proof: limits
import logging


def probe(place):
    log = logging.getLogger("flood")
    while True:
        log.error("x" * 100_000)
