# shows: an enum and match
# scenario: fetch
from enum import Enum

from poet.runtime import user


class Kind(Enum):
    FOUND = "found"
    REFUSED = "refused"


def _once(source: dict, symbol: str, attempt: int) -> tuple[Kind, int]:
    try:
        return Kind.FOUND, user.read_once(source, symbol, attempt)
    except ConnectionError:
        return Kind.REFUSED, 0


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    for attempt in range(attempts):
        match _once(source, symbol, attempt):
            case (Kind.FOUND, price):
                return {"symbol": symbol, "price": price, "attempts": attempt + 1}
            case (Kind.REFUSED, _):
                continue
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
