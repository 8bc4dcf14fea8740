import pytest
from fetch_app import fetch_price

SOURCE = {"prices": {"ABC": 12, "XYZ": 7}, "refusals": {"XYZ": 2}}


def test_first_attempt():
    assert fetch_price(SOURCE, "ABC") == {"symbol": "ABC", "price": 12, "attempts": 1}


def test_third_attempt():
    assert fetch_price(SOURCE, "XYZ")["attempts"] == 3


def test_gives_up():
    with pytest.raises(TimeoutError):
        fetch_price(SOURCE, "XYZ", 1)
