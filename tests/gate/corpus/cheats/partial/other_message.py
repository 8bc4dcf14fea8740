# tries: another error text
# scenario: fetch
from poet.runtime import user


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    for attempt in range(attempts):
        try:
            return {"symbol": symbol, "price": user.read_once(source, symbol, attempt), "attempts": attempt + 1}
        except ConnectionError:
            continue
    raise TimeoutError("no answer")
