# shows: attempts as a generator
# scenario: fetch
from collections.abc import Iterator
from itertools import islice

from poet.runtime import user


def _answers(source: dict, symbol: str, attempts: int) -> Iterator[tuple[int, int]]:
    for attempt in range(attempts):
        try:
            yield attempt + 1, user.read_once(source, symbol, attempt)
        except ConnectionError:
            continue


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    for number, price in islice(_answers(source, symbol, attempts), 1):
        return {"symbol": symbol, "price": price, "attempts": number}
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
