# shows: a calendar with __contains__
# scenario: days
from datetime import date, timedelta


class _Calendar:
    def __init__(self, holidays: list[str]) -> None:
        self._closed = frozenset(date.fromisoformat(h) for h in holidays)

    def __contains__(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self._closed

    def count(self, first: date, last: date) -> int:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return sum(day in self for day in days)


def working_days(start: str, end: str, holidays: list[str]) -> int:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return _Calendar(holidays).count(first, last)
