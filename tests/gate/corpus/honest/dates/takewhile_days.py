# shows: count and takewhile
# scenario: days
from datetime import date, timedelta
from itertools import count, takewhile


def working_days(start: str, end: str, holidays: list[str]) -> int:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    closed = {date.fromisoformat(h) for h in holidays}
    days = takewhile(lambda day: day <= last, (first + timedelta(days=n) for n in count()))
    return len([day for day in days if day.weekday() < 5 and day not in closed])
