import pytest
from intervals_app import merge


def test_overlap():
    assert merge([[1, 4], [3, 6], [8, 9]]) == [[1, 6], [8, 9]]


def test_touch():
    assert merge([[1, 2], [2, 3]]) == [[1, 3]]


def test_backwards():
    with pytest.raises(ValueError, match="ends before"):
        merge([[5, 1]])
