from settings_app import overlay


def test_deep():
    assert overlay({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}) == {"a": {"b": 1, "c": 3}}


def test_remove():
    assert overlay({"a": 1, "b": 2}, {"b": None, "d": 4}) == {"a": 1, "d": 4}


def test_unchanged():
    base = {"a": {"b": 1}}
    overlay(base, {"a": {"b": 2}})
    assert base == {"a": {"b": 1}}
