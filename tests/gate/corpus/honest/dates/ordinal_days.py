# shows: ordinal numbers of days
# scenario: days
from datetime import date

SATURDAY = 5


def working_days(start: str, end: str, holidays: list[str]) -> int:
    first = date.fromisoformat(start)
    last = date.fromisoformat(end)
    closed = {date.fromisoformat(day).toordinal() for day in holidays}
    return sum(
        1
        for number in range(first.toordinal(), last.toordinal() + 1)
        if number not in closed and (number - 1) % 7 < SATURDAY
    )
