# tries: gives no answer
# scenario: days
def working_days(start: str, end: str, holidays: list[str]) -> int:
    while True:
        pass
