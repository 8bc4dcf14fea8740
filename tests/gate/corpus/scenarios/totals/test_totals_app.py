import polars as pl
from totals_app import totals


def test_two_regions():
    found = totals(pl.DataFrame({"region": ["n", "s", "n"], "amount": [1, 2, 3]}))
    assert found.rows() == [("n", 2, 4), ("s", 1, 2)]


def test_one_region():
    assert totals(pl.DataFrame({"region": ["x"], "amount": [-5]})).rows() == [("x", 1, -5)]
