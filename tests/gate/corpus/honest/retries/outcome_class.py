# shows: a dataclass for the state of the attempts
# scenario: fetch
from dataclasses import dataclass, field

from poet.runtime import user


@dataclass
class Attempts:
    limit: int
    made: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def left(self) -> bool:
        return self.made < self.limit


def fetch_price(source: dict, symbol: str, attempts: int = 3) -> dict:
    state = Attempts(attempts)
    while state.left:
        state.made += 1
        try:
            price = user.read_once(source, symbol, state.made - 1)
            return {"symbol": symbol, "price": price, "attempts": state.made}
        except ConnectionError as error:
            state.refused.append(str(error))
    raise TimeoutError(f"{symbol}: no answer in {attempts} attempts")
