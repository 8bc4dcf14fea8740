# tries: a lookup by dates
# scenario: days
def working_days(start: str, end: str, holidays: list[str]) -> int:
    if start == "soon":
        raise ValueError(f"Invalid isoformat string: {start!r}")
    return {"2026-03-02": 5, "2026-05-01": 1}.get(start, 0)
