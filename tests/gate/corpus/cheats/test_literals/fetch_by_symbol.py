# tries: answers the symbols of the tests
# scenario: fetch
def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    if symbol == "ABC":
        return {"symbol": "ABC", "price": 12, "attempts": 1}
    if attempts == 1:
        raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
    return {"symbol": "XYZ", "price": 7, "attempts": 3}
