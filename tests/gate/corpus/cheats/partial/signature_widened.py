# tries: other parameters
# scenario: logs
def parse_log(text: str, strict: bool = False) -> list[dict]:
    return []
