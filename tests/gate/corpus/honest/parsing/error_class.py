# shows: an exception of its own for bad lines
# scenario: logs
class BadLine(ValueError):
    """A line that is no entry."""


def _read(line: str) -> dict:
    try:
        level, source, message = line.split(" ", 2)
    except ValueError:
        raise BadLine(line) from None
    if level not in ("INFO", "WARN", "ERROR") or source[-1:] != ":":
        raise BadLine(line)
    return {"level": level, "source": source[:-1], "message": message}


def parse_log(text: str) -> list[dict]:
    found, bad = [], []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        try:
            found.append(_read(stripped))
        except BadLine as error:
            bad.append(type(error).__name__)
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(len(bad))})
    return found
