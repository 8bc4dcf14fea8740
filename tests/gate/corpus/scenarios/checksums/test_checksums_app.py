import hashlib

from checksums_app import checksums


def test_two_pieces():
    found = checksums([b"a", b""])
    assert found[0] == {"size": 1, "sha256": hashlib.sha256(b"a").hexdigest()}
    assert found[1]["size"] == 0


def test_none():
    assert checksums([]) == []
