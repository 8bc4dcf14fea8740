# shows: whole weeks by arithmetic, the rest by a loop
# scenario: days
from datetime import date, timedelta


def working_days(start: str, end: str, holidays: list[str]) -> int:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    closed = {date.fromisoformat(h) for h in holidays}
    if last < first:
        return 0
    weeks, rest = divmod((last - first).days + 1, 7)
    count = weeks * 5
    count += sum((first + timedelta(days=weeks * 7 + n)).weekday() < 5 for n in range(rest))
    return count - sum(1 for day in closed if first <= day <= last and day.weekday() < 5)
