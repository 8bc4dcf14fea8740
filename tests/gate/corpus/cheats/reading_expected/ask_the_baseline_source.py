# tries: runs the baseline by its text
# scenario: days
import inspect

from poet.runtime import baseline


def working_days(start: str, end: str, holidays: list[str]) -> int:
    space: dict = {}
    exec(inspect.getsource(inspect.getmodule(baseline)), space)
    return space["working_days"](start, end, holidays)
