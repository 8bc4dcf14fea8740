# shows: levels as an enum of text
# scenario: logs
from enum import StrEnum


class Level(StrEnum):
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


LEVELS = frozenset(level.value for level in Level)


def _entry(line: str) -> dict | None:
    parts = line.split(" ", 2)
    if len(parts) != 3:
        return None
    level, source, message = parts
    if level not in LEVELS or not source.endswith(":"):
        return None
    return {"level": level, "source": source[:-1], "message": message}


def parse_log(text: str) -> list[dict]:
    lines = [line.strip() for line in text.splitlines()]
    entries = [_entry(line) for line in lines if line]
    found = [entry for entry in entries if entry is not None]
    bad = len(entries) - len(found)
    return [*found, {"level": "BAD", "source": "", "message": f"{bad}"}] if bad else found
