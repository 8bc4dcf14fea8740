import pytest
from windows_app import window_sums


def test_pairs():
    assert list(window_sums([1, 2, 3, 4], 2)) == [3, 5, 7]


def test_whole():
    assert list(window_sums([1, 2, 3], 3)) == [6]


def test_bad_size():
    with pytest.raises(ValueError):
        list(window_sums([1], 0))
