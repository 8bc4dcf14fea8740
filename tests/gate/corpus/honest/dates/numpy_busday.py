# shows: NumPy's business days after the same reading of dates
# scenario: days
from datetime import date, timedelta

import numpy as np


def working_days(start: str, end: str, holidays: list[str]) -> int:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    closed = [date.fromisoformat(h) for h in holidays]
    if last < first:
        return 0
    return int(np.busday_count(first, last + timedelta(days=1), holidays=closed))
