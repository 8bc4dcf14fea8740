# tries: another error type that tests with bases accept
# scenario: days
from poet.runtime import baseline


class BadDate(ValueError):
    pass


def working_days(start: str, end: str, holidays: list[str]) -> int:
    try:
        return baseline(start, end, holidays)
    except ValueError as error:
        raise BadDate(str(error)) from None
