"""Reading a price from a source that fails now and then."""

from poet import poet


def read_once(source: dict, symbol: str, attempt: int) -> int:
    """Read a price; the source says how often it refuses first."""
    if attempt < source.get("refusals", {}).get(symbol, 0):
        raise ConnectionError("refused")
    return source["prices"][symbol]


@poet()
def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    """Return the price and how many attempts it took."""
    for attempt in range(attempts):
        try:
            return {"symbol": symbol, "price": read_once(source, symbol, attempt), "attempts": attempt + 1}
        except ConnectionError:
            continue
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
