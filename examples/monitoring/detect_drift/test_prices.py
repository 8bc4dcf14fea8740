"""What `detect_drift` must do, on monthly share prices from 2000 to 2010."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from prices import detect_drift

STOCKS = Path(find_spec("vega_datasets").origin).parent / "_data" / "stocks.csv"


@pytest.fixture(scope="module")
def prices() -> dict[str, list[float]]:
    table = pl.read_csv(STOCKS)
    return {
        symbol: table.filter(pl.col("symbol") == symbol)["price"].to_list()
        for symbol in table["symbol"].unique()
    }


def test_apple_after_the_ipod_is_another_share(prices: dict[str, list[float]]) -> None:
    half = len(prices["AAPL"]) // 2
    assert detect_drift(prices["AAPL"][half:], prices["AAPL"][:half])


@pytest.mark.parametrize("symbol", ["AAPL", "AMZN", "IBM", "MSFT"])
def test_odd_and_even_months_of_a_share_are_one(
    prices: dict[str, list[float]], symbol: str
) -> None:
    assert not detect_drift(prices[symbol][::2], prices[symbol][1::2])
