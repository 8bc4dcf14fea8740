import pytest
from days_app import working_days


def test_week():
    assert working_days("2026-03-02", "2026-03-08", []) == 5


def test_holiday():
    assert working_days("2026-05-01", "2026-05-04", ["2026-05-01"]) == 1


def test_bad_date():
    with pytest.raises(ValueError):
        working_days("soon", "2026-05-04", [])
