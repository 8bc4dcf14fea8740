"""Feedback sources: a client of another service is asked, and nothing is taken twice or lost."""

import pytest
from capture_helpers import told

from poet.capture import poll_sources


class Pager:
    """A source over a list: its cursor is a position; with ``back`` it repeats itself."""

    def __init__(self, rows, back=0):
        self.name, self.rows, self.back = "pager", rows, back

    def poll(self, cursor):
        start = max(0, int(cursor or 0) - self.back)
        return iter(self.rows[start:]), str(len(self.rows))


def row(n, **more):
    return {"key": f"k{n}", "execution_id": f"x{n}", "was_real_drift": bool(n % 2), **more}


def test_what_is_new_becomes_feedback_once(tmp_path):
    """Each poll would count every answer of the pager again."""
    source = Pager([row(0), row(1)], back=2)
    assert poll_sources([source], home=tmp_path)[0][:3] == ("pager", 2, 0)
    source.rows.append(row(2, source="ann"))
    assert poll_sources([source], home=tmp_path)[0][:3] == ("pager", 1, 2)
    said = told(tmp_path, "function.feedback")
    assert [(p["execution_id"], p["source"]) for p in said] == [
        ("x0", "pager"), ("x1", "pager"), ("x2", "ann"),
    ]  # fmt: skip


def test_a_wrong_row_is_named_and_the_rest_is_taken(tmp_path):
    """One broken record of another system would hold up all the others for good."""
    source = Pager([row(0), {"key": "bad"}, row(1, rating=9), row(2)])
    (polled,) = poll_sources([source], home=tmp_path)
    assert polled.taken == 2
    assert [text.partition(":")[0] for text in polled.refused] == ["bad", "k1"]
    assert poll_sources([source], home=tmp_path)[0].refused == ()


def test_a_source_that_fails_costs_no_other_anything(tmp_path):
    """A pager that is down would stop all learning, or its answers would be skipped for good."""

    class Down(Pager):
        def poll(self, cursor):
            yield_rows, cursor = super().poll(cursor)

            def rows():
                yield from yield_rows
                raise ConnectionError("refused")

            return rows(), cursor

    down = Down([row(0)])
    down.name = "down"
    first, second = poll_sources([down, Pager([row(1)])], home=tmp_path)
    assert "refused" in first.problem
    assert second.taken == 1
    up = Pager([row(0)])
    up.name = "down"
    assert poll_sources([up], home=tmp_path)[0].taken == 1  # from where it was before


def test_a_disk_that_is_full_loses_no_row(tmp_path, monkeypatch):
    """The cursor would move past feedback that was never stored."""
    import poet.events._feedback as module

    source = Pager([row(0), row(1)])
    monkeypatch.setattr(module, "store_event", lambda *_, **__: False, raising=False)
    monkeypatch.setattr("poet.events.store_event", lambda *_, **__: False)
    assert "could not be stored" in poll_sources([source], home=tmp_path)[0].problem
    monkeypatch.undo()
    assert poll_sources([source], home=tmp_path)[0].taken == 2


@pytest.mark.parametrize("state", ["", "[]", '{"cursor": 3}'])
def test_a_damaged_state_is_a_problem_not_a_crash(tmp_path, state):
    """A damaged file of one source would stop all learning."""
    folder = tmp_path / "capture" / "sources"
    folder.mkdir(parents=True)
    (folder / "pager.json").write_text(state)
    (polled,) = poll_sources([Pager([row(0)])], home=tmp_path)
    assert polled.problem or polled.taken == 0
