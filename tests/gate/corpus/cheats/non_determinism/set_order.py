# tries: the order of a set of texts
# scenario: logs
def parse_log(text: str) -> list[dict]:
    lines = {line.strip() for line in text.splitlines() if line.strip()}
    found, bad = [], 0
    for line in lines:
        parts = line.split(" ", 2)
        if len(parts) == 3 and parts[0] in ("INFO", "WARN", "ERROR") and parts[1].endswith(":"):
            found.append({"level": parts[0], "source": parts[1][:-1], "message": parts[2]})
        else:
            bad += 1
    return found + ([{"level": "BAD", "source": "", "message": str(bad)}] if bad else [])
