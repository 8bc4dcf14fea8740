# shows: a loop with else, and a warning in the log
# scenario: fetch
import logging

from poet.runtime import user

log = logging.getLogger(__name__)


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    for attempt in range(attempts):
        try:
            price = user.read_once(source, symbol, attempt)
        except ConnectionError as error:
            log.warning("%s: attempt %d refused (%s)", symbol, attempt + 1, type(error).__name__)
        else:
            return {"symbol": symbol, "price": price, "attempts": attempt + 1}
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
