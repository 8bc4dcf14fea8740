import pytest
from summary_app import summarize


def test_three_values():
    assert summarize([1.0, 2.0, 6.0]) == {"count": 3, "total": 9.0, "mean": 3.0, "low": 1.0, "high": 6.0}


def test_one_value():
    assert summarize([5.0])["mean"] == 5.0


def test_none():
    with pytest.raises(ValueError, match="no values"):
        summarize([])
