# shows: a context manager that measures
# scenario: logs
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def _measured(what: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        log.debug("%s took %.3f s", what, time.monotonic() - start)


def parse_log(text: str) -> list[dict]:
    found, bad = [], 0
    with _measured("reading the log"):
        for line in (raw.strip() for raw in text.splitlines()):
            parts = line.split(" ", 2)
            if len(parts) == 3 and parts[0] in ("INFO", "WARN", "ERROR") and parts[1].endswith(":"):
                found.append({"level": parts[0], "source": parts[1][:-1], "message": parts[2]})
            elif line:
                bad += 1
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(bad)})
    return found
