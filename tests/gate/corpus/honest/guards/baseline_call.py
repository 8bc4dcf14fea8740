# shows: hands over to the original, around it only a log
# scenario: invoice
import logging
import time

from poet.runtime import baseline

log = logging.getLogger(__name__)


def make_invoice(lines: list[dict], rate: int = 19):
    start = time.perf_counter()
    try:
        return baseline(lines, rate)
    finally:
        log.debug("invoice of %s lines in %.6f s", len(lines), time.perf_counter() - start)
