# shows: typing.TypedDict and a cached check
# scenario: logs
from functools import lru_cache
from typing import TypedDict


class Entry(TypedDict):
    level: str
    source: str
    message: str


@lru_cache(maxsize=256)
def _known(level: str) -> bool:
    return level in {"INFO", "WARN", "ERROR"}


def parse_log(text: str) -> list[dict]:
    found: list[Entry] = []
    bad = 0
    for line in text.splitlines():
        parts = line.strip().split(" ", 2) if line.strip() else []
        if len(parts) == 3 and _known(parts[0]) and parts[1].endswith(":"):
            found.append(Entry(level=parts[0], source=parts[1][:-1], message=parts[2]))
        elif parts:
            bad += 1
    if bad:
        found.append(Entry(level="BAD", source="", message=str(bad)))
    return found
