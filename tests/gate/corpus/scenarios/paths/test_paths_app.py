from paths_app import shortest

GRAPH = {"a": {"b": 1, "c": 5}, "b": {"c": 1}, "c": {}}


def test_detour():
    assert shortest(GRAPH, "a", "c") == {"cost": 2, "stops": ["a", "b", "c"]}


def test_nowhere():
    assert shortest(GRAPH, "c", "a") is None


def test_here():
    assert shortest(GRAPH, "b", "b") == {"cost": 0, "stops": ["b"]}
