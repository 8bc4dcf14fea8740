# shows: contextlib.suppress
# scenario: fetch
from contextlib import suppress

from poet.runtime import user


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    attempt = 0
    while attempt < attempts:
        with suppress(ConnectionError):
            price = user.read_once(source, symbol, attempt)
            return {"symbol": symbol, "price": price, "attempts": attempt + 1}
        attempt += 1
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
