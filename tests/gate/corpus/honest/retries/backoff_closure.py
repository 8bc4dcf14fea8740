# shows: back-off computed by a closure, waited for shortly
# scenario: fetch
import time
from collections.abc import Callable

from poet.runtime import user


def _backoff(first: float, longest: float) -> Callable[[int], float]:
    def delay(attempt: int) -> float:
        return min(longest, first * 2**attempt)

    return delay


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    delay = _backoff(0.001, 0.01)
    for attempt in range(attempts):
        try:
            found = user.read_once(source, symbol, attempt)
        except ConnectionError:
            if attempt + 1 < attempts:
                time.sleep(delay(attempt))
            continue
        return {"symbol": symbol, "price": found, "attempts": attempt + 1}
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
