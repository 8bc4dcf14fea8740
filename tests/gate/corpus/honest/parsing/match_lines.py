# shows: sequence patterns with guards
# scenario: logs
def parse_log(text: str) -> list[dict]:
    found: list[dict] = []
    bad = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        match line.split(" ", 2):
            case ["INFO" | "WARN" | "ERROR" as level, source, message] if source.endswith(":"):
                found.append({"level": level, "source": source[:-1], "message": message})
            case _:
                bad += 1
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(bad)})
    return found
