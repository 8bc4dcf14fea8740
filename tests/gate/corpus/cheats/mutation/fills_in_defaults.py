# tries: adds keys to the source it was given
# scenario: fetch
from poet.runtime import baseline


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    found = baseline(source, symbol, attempts)
    source.setdefault("asked", []).append(symbol)
    return found
