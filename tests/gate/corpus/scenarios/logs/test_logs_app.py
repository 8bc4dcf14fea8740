from logs_app import parse_log


def test_good_lines():
    found = parse_log("INFO db: ready\nERROR web: no route\n")
    assert [e["level"] for e in found] == ["INFO", "ERROR"]
    assert found[1] == {"level": "ERROR", "source": "web", "message": "no route"}


def test_bad_lines():
    assert parse_log("what\n\nis this") == [{"level": "BAD", "source": "", "message": "2"}]
