# shows: a compiled pattern with named groups
# scenario: logs
import re

LINE = re.compile(r"(?P<level>INFO|WARN|ERROR) (?P<source>[^ ]*): (?P<message>.*)", re.DOTALL)


def parse_log(text: str) -> list[dict]:
    found, bad = [], 0
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        match = LINE.fullmatch(line)
        if match:
            found.append(match.groupdict())
        else:
            bad += 1
    if bad:
        found.append({"level": "BAD", "source": "", "message": str(bad)})
    return found
