"""Reading lines of a log."""

from poet import poet


@poet()
def parse_log(text: str) -> list[dict]:
    """Return level, source and message of each good line; others are counted as one entry at the end."""
    found = []
    bad = 0
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        parts = line.split(" ", 2)
        if len(parts) == 3 and parts[0] in ("INFO", "WARN", "ERROR") and parts[1].endswith(":"):
            found.append({"level": parts[0], "source": parts[1][:-1], "message": parts[2]})
        else:
            bad += 1
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(bad)})
    return found
