"""Cases on disk: proposed, accepted, retired, carried along, and read again."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import polars as pl
import pytest
from cases_helpers import KINDS, execution

from poet.cases import (
    Case,
    accept,
    contradictions,
    gating,
    propose,
    read_case,
    read_cases,
    reopen,
    retire,
    shown,
    write_case,
)
from poet.cases.transfer import export_cases, import_cases
from poet.codec import encode
from poet.errors import CaseError, StoreError

NOW = 1_767_225_600.0


@pytest.fixture
def store(tmp_path):
    return tmp_path / ".poet" / "f"


def judged(store, recorded, expect, *sources, why="No alarm on a Sunday!"):
    return propose(store, recorded, expect, why=why, origin="judgement", sources=sources, now=NOW)


def log_of(store):
    return [json.loads(line) for line in (store / "log.jsonl").read_text().splitlines()]


def test_a_case_with_values_of_every_kind_is_read_as_it_was_written(tmp_path):
    """A case would ask for something else than production showed."""
    case = Case(
        "all", "active", tuple(KINDS), {"k": KINDS[:5]}, {"fields": {"x": pl.Series([1.0, None])}}, "why é",
        "failure", ("a", "b"), "e1", "2026-01-01T00:00:00Z", "reproduced",
        {"app.get": (("raise", "OSError", [2]), ("return", np.arange(3)))},
    )  # fmt: skip
    back = read_case(write_case(tmp_path / "cases", case))
    assert encode(list(back)) == encode(list(case))


def test_the_tables_of_a_case_stand_beside_it(store):
    """A reviewer could not open the data of a case with any tool that reads Parquet."""
    frame = pl.DataFrame({"x": [1.0, 2.0]})
    case = judged(store, execution(frame, frame, np.arange(200)), {"returns": True})
    folder = store / "cases" / case.name
    assert sorted(p.name for p in folder.iterdir()) == ["0.parquet", "1.parquet"]
    assert pl.read_parquet(folder / "0.parquet").equals(frame)
    assert case.name.startswith("no-alarm-on-a-sunday-")
    assert shown(case)["args"][0] == {"$": "table", "file": "2 rows of x: Float64"}


def test_saying_the_same_twice_is_one_case(store):
    """Each pass of learning would propose the same case again."""
    first = judged(store, execution(1), {"equals": 2}, "ann")
    again = judged(store, execution(1), {"equals": 2}, "ann", why="other words")
    assert again == first
    both = judged(store, execution(1), {"equals": 2}, "ben")
    assert both.sources == ("ann", "ben")
    other = judged(store, execution(1), {"equals": 3}, "eve")
    assert [c.name for c in read_cases(store / "cases")] == sorted([first.name, other.name])
    assert [e["action"] for e in log_of(store)] == ["case-propose"] * 2


def test_a_retired_case_is_not_proposed_again(store):
    """What a person has put away would come back with the next label."""
    case = judged(store, execution(1), {"equals": 2})
    retire(store, case.name, "the rule changed", by="ann")
    assert judged(store, execution(1), {"equals": 2}, "ben").status == "retired"


def test_a_kill_before_the_line_in_the_log_is_made_good(store):
    """A case would gate one day that no log says who proposed."""
    case = judged(store, execution(1), {"equals": 2}, "ann")
    (store / "log.jsonl").unlink()
    judged(store, execution(1), {"equals": 2}, "ann")
    judged(store, execution(1), {"equals": 2}, "ann")
    assert [(e["case"], e["who"]) for e in log_of(store)] == [(case.name, "ann")]


def test_moves_are_logged_with_who_when_and_why(store):
    """Nobody could say who made a case gate, or why it no longer does."""
    case = judged(store, execution(1), {"equals": 2}, "ann", "ben")
    assert gating(read_cases(store / "cases")) == []
    accepted = accept(store, case.name, by="two sources", why="ann and ben agree", now=NOW)
    assert gating(read_cases(store / "cases")) == [accepted]
    assert accept(store, case.name).accepted_by == "two sources"  # no second line
    opened = reopen(store, case.name, "the candidate fails it", by="poet learn", now=NOW)
    assert (opened.status, opened.accepted_by) == ("proposed", "")
    retire(store, case.name, "the rule changed", by="ann", now=NOW)
    assert [(e["action"], e["who"], e["why"]) for e in log_of(store)] == [
        ("case-propose", "ann, ben", "No alarm on a Sunday!"),
        ("case-accept", "two sources", "ann and ben agree"),
        ("case-reopen", "poet learn", "the candidate fails it"),
        ("case-retire", "ann", "the rule changed"),
    ]
    assert {e["time"] for e in log_of(store)} == {"2026-01-01T00:00:00Z"}
    assert {e["case"] for e in log_of(store)} == {case.name}
    with pytest.raises(CaseError, match="without a reason"):
        retire(store, case.name, " ")


def test_a_move_leaves_what_a_person_wrote(store):
    """Accepting a case would rewrite the inputs or lose a note that somebody added."""
    (store / "cases").mkdir(parents=True)
    path = store / "cases" / "by-hand.json"
    path.write_text('{"status": "proposed", "args": [1], "expect": {"equals": 2}, "note": "mine"}')
    accept(store, "by-hand", by="ann")
    assert json.loads(path.read_text()) == {
        "status": "active", "args": [1], "expect": {"equals": 2}, "note": "mine", "accepted_by": "ann",
    }  # fmt: skip


def test_contradicting_cases_are_shown_together_and_none_gates(store):
    """Two people who disagree would block every version, or the louder one would win."""
    yes = judged(store, execution(1), {"fields": {"alarm": True}}, "ann")
    no = judged(store, execution(1, ident="e2"), {"fields": {"alarm": False}}, "eve")
    other = judged(store, execution(2, ident="e3"), {"fields": {"alarm": False}}, "eve")
    (group,) = contradictions(read_cases(store / "cases"))
    assert {c.name for c in group} == {yes.name, no.name}
    accept(store, yes.name)
    accept(store, other.name)
    with pytest.raises(CaseError, match=f"contradicts the active case {yes.name}"):
        accept(store, no.name)
    path = store / "cases" / f"{no.name}.json"  # as a merge of two branches leaves it
    path.write_text(path.read_text().replace('"proposed"', '"active"'))
    assert [c.name for c in gating(read_cases(store / "cases"))] == [other.name]
    retire(store, no.name, "a mistake")
    assert contradictions(read_cases(store / "cases")) == []


def test_what_cannot_be_a_case_is_refused_and_nothing_is_written(store):
    """Half a case would gate, or a case of other inputs."""
    with pytest.raises(CaseError, match=r"not recorded whole: sqlite3\.Connection"):
        judged(store, execution(1, missing="sqlite3.Connection"), {"returns": True})
    with pytest.raises(CaseError, match="cannot be kept"):
        judged(store, execution(open), {"returns": True})
    with pytest.raises(CaseError, match="nothing that could be counted"):
        judged(store, execution(1), {"calls": 1})
    with pytest.raises(CaseError, match="unknown"):
        judged(store, execution(1), {"is": 1})
    name = judged(store, execution(1), {"returns": True}).name
    with pytest.raises(CaseError, match="did you mean"):
        accept(store, name[:-1])
    assert len(list((store / "cases").iterdir())) == 1


def test_a_damaged_table_is_an_error_that_names_the_case(store):
    """A case without its data would be run on something else."""
    case = judged(store, execution(pl.DataFrame({"x": [1.0]})), {"returns": True})
    table = store / "cases" / case.name / "0.parquet"
    for data in (b"", b"PAR1", table.read_bytes()[:-9]):
        table.write_bytes(data)
        with pytest.raises(CaseError, match="cannot be read") as caught:
            read_cases(store / "cases")
        assert case.name in caught.value.where
    table.unlink()
    with pytest.raises(StoreError):
        read_cases(store / "cases")


def test_cases_travel_and_are_only_proposed_where_they_arrive(store, tmp_path):
    """A case from elsewhere would gate here before anyone has looked at it."""
    one = accept(
        store, judged(store, execution(pl.DataFrame({"x": [1.0]})), {"returns": True}).name
    )
    two = judged(store, execution(2, ident="e2"), {"equals": 4})
    target = tmp_path / "cases.zip"
    assert export_cases(store, [two.name, one.name], target) == 2
    first = target.read_bytes()
    export_cases(store, [one.name, two.name], target)
    assert target.read_bytes() == first
    other = tmp_path / "other" / ".poet" / "f"
    done = import_cases(other, target)
    assert [c.name for c in done.new] == sorted([one.name, two.name])
    found = read_cases(other / "cases")
    assert {(c.status, c.origin) for c in found} == {("proposed", "import")}
    assert encode([list(c.args) for c in found]) == encode(
        [list(c.args) for c in read_cases(store / "cases")]
    )
    assert import_cases(other, target).new == ()
    path = other / "cases" / f"{two.name}.json"
    path.write_text(path.read_text().replace('"equals": 4', '"equals": 5'))
    assert [c.name for c in import_cases(other, target).new] == [f"{two.name}-2"]


@pytest.mark.parametrize(
    "name",
    ["../../evil.json", "/etc/x.json", "a.txt", "a/b/c.parquet", "a/.x.parquet", ".a.json"],
)
def test_a_zip_that_leads_elsewhere_is_refused(store, tmp_path, name):
    """An import would write files anywhere on the machine."""
    source = tmp_path / "bad.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(name, '{"status": "active", "args": [1], "expect": {"equals": 2}}')
    with pytest.raises(CaseError, match="no file of a case"):
        import_cases(store, source)
    assert not store.exists()
    source.write_bytes(b"no zip")
    with pytest.raises(CaseError, match="cannot be read"):
        import_cases(store, source)
