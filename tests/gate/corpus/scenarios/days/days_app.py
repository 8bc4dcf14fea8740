"""Counting working days."""

from datetime import date, timedelta

from poet import poet


@poet()
def working_days(start: str, end: str, holidays: list[str]) -> int:
    """Return the days from start to end, both counted, that are neither weekend nor holiday."""
    day, last = date.fromisoformat(start), date.fromisoformat(end)
    closed = {date.fromisoformat(h) for h in holidays}
    count = 0
    while day <= last:
        if day.weekday() < 5 and day not in closed:
            count += 1
        day += timedelta(days=1)
    return count
