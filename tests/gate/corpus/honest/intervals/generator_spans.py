# shows: a generator that holds one open span
# scenario: intervals
from collections.abc import Iterator


def _joined(spans: list[list[int]]) -> Iterator[list[int]]:
    current: list[int] | None = None
    for low, high in spans:
        if current is None:
            current = [low, high]
        elif low <= current[1]:
            current[1] = max(current[1], high)
        else:
            yield current
            current = [low, high]
    if current is not None:
        yield current


def merge(spans: list[list[int]]) -> list[list[int]]:
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    return list(_joined(sorted(spans)))
