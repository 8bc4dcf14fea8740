# shows: str.partition and removesuffix
# scenario: logs
LEVELS = ("INFO", "WARN", "ERROR")


def parse_log(text: str) -> list[dict]:
    found: list[dict] = []
    bad = 0
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        level, first, rest = line.partition(" ")
        source, second, message = rest.partition(" ")
        if first and second and level in LEVELS and source.endswith(":"):
            found.append({"level": level, "source": source.removesuffix(":"), "message": message})
        else:
            bad += 1
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(bad)})
    return found
