"""The ledger: what it takes, what it forgets, and that it survives a kill."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learn_helpers import DAY, KEY, NOW, event, execution, feedback

from poet.errors import EventStoreError
from poet.learn import Acted, FunctionKey, Ledger, Limits, State

PROGRAM = Path(__file__).with_name("fold_loop.py")


def ledger(home: Path, **options: float) -> Ledger:
    return Ledger(home, clock=lambda: NOW, **options)  # type: ignore[arg-type]


def whys(book: Ledger, **options: object) -> list[str]:
    return [o.why for o in book.observations(KEY, **options).odd]  # type: ignore[arg-type]


def test_events_in_any_order_and_number_give_the_same(tmp_path: Path) -> None:
    """A redelivered event would count twice, or an early one not at all."""
    events = [execution(f"x{i}", at=NOW - 900 + i) for i in range(8)]
    events += [feedback(f"x{i}", was_real_drift=i % 2 == 0, at=NOW - 500 + i) for i in range(8)]
    expected = None
    for seed in range(5):
        mixed = events * 2
        random.Random(seed).shuffle(mixed)
        with ledger(tmp_path / str(seed)) as book:
            took = [book.fold(mixed[i : i + 5]) for i in range(0, len(mixed), 5)]
            assert sum(took) == len(events)
            assert book.fold(mixed) == 0
            found = book.observations(KEY)
            assert book.functions() == [KEY]
        expected = expected or found
        assert found == expected
    assert len(expected.labels) == 8
    assert sum(bool(x.truth) for x in expected.labels.values()) == 4


def test_early_feedback_waits_for_its_execution(tmp_path: Path) -> None:
    """Feedback that overtakes its execution would be lost."""
    with ledger(tmp_path) as book:
        book.fold([feedback("x1", was_real_drift=False)])
        assert [o.why for o in book.odd()] == ["early"]
        assert book.functions() == []
        book.fold([execution("x1")])
        assert book.odd() == []
        assert book.observations(KEY).labels["x1"].truth is False


def test_feedback_that_waited_in_vain_is_unknown_and_an_old_id_expired(tmp_path: Path) -> None:
    """A person would not learn why what was said changes nothing."""
    old = "0000018b-cfe5-7000-8000-000000000000"  # a UUIDv7 of 1970
    with ledger(tmp_path) as book:
        book.fold(
            [
                feedback("nowhere", was_real_drift=False, at=NOW - 3 * DAY),
                feedback(old, was_real_drift=False, at=NOW - 3 * DAY + 1),
            ]
        )
        assert [o.why for o in book.odd()] == ["unknown", "expired"]
        # The same where feedback names its function too.
        book.fold([execution("x1"), feedback("gone", function="detect_drift", was_real_drift=True)])
        assert whys(book) == ["early"]
        assert whys(book, limits=Limits(early_days=0.0)) == ["unknown"]


def test_feedback_about_a_function_nobody_knows_is_told(tmp_path: Path) -> None:
    """A typo in a function's name would swallow what was said without a word."""
    said = feedback(None, function="detct_drift", was_correct=False, at=NOW - 60)
    known = feedback(None, function=f"{KEY.file}:{KEY.qualname}", was_correct=False, at=NOW - 60)
    with ledger(tmp_path) as book:
        book.fold([execution("x1"), said, known])
        (odd,) = book.odd()
        assert (odd.event_id, odd.why) == (said.id, "early")
        assert "detct_drift" in odd.text


def test_an_execution_is_forgotten_after_the_retention(tmp_path: Path) -> None:
    """The ledger would grow for ever, or feedback about what is gone raise an error."""
    with ledger(tmp_path, days=10.0) as book:
        assert book.fold([execution("old", at=NOW - 11 * DAY)]) == 0
        book.fold([execution("x1", at=NOW - 9 * DAY), feedback("x1", was_real_drift=False)])
        assert len(book.observations(KEY).labels) == 1
        later = Ledger(tmp_path, days=10.0, clock=lambda: NOW + 2 * DAY)
        later.fold([execution("x2", at=NOW + DAY)])
        assert list(later.observations(KEY).executions) == ["x2"]
        later.close()


def test_a_source_that_changes_its_mind_counts_once(tmp_path: Path) -> None:
    """Saying it twice would weigh twice."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1")])
        book.fold([feedback("x1", was_real_drift=True, at=NOW - 40, event_id="e1")])
        book.fold([feedback("x1", was_real_drift=False, at=NOW - 30, event_id="e2")])
        found = book.observations(KEY)
        assert found.labels["x1"].votes == {"ann": False}
        assert [(o.event_id, o.why) for o in found.odd] == [("e1", "repeated")]
        # The earlier word, delivered late, is still the earlier word.
        book.fold([feedback("x1", was_real_drift=True, at=NOW - 45, event_id="e0")])
        assert book.observations(KEY).labels["x1"].votes == {"ann": False}


def test_sources_that_contradict_each_other_make_no_label(tmp_path: Path) -> None:
    """One of two would win by chance."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1"), feedback("x1", was_real_drift=True)])
        book.fold([feedback("x1", source="bob", was_real_drift=False)])
        found = book.observations(KEY)
        assert found.labels["x1"].truth is None
        assert [o.why for o in found.odd] == ["contradicted"]


def test_a_source_that_says_too_much_is_cut_off(tmp_path: Path) -> None:
    """One source could drown the others."""
    with ledger(tmp_path) as book:
        book.fold([execution(f"x{i}", at=NOW - 900 + i) for i in range(30)])
        book.fold([feedback(f"x{i}", was_real_drift=False, at=NOW - 500 + i) for i in range(30)])
        book.fold([feedback("x29", source="bob", was_real_drift=True)])
        found = book.observations(KEY, limits=Limits(per_day=10))
        assert sum("ann" in x.votes for x in found.labels.values()) == 10
        assert found.labels["x29"].votes == {"bob": True}
        assert [o.why for o in found.odd] == ["over the limit"] * 20


def test_feedback_of_a_rolled_back_version_is_told_apart(tmp_path: Path) -> None:
    """A version nobody is served any more would be blamed on the one that is."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1", version="v1"), execution("x3", version="v3")])
        book.fold([feedback("x1", was_real_drift=False), feedback("x3", was_real_drift=False)])
        assert whys(book, served="v2") == ["rolled back"]
        assert whys(book, served="v3") == []
        assert whys(book) == []
        assert sorted(book.observations(KEY, served="v2").labels) == ["x1", "x3"]


def test_feedback_by_alert_and_by_report_finds_the_execution(tmp_path: Path) -> None:
    """Whoever answers an alert would have to know the execution's id."""
    with ledger(tmp_path) as book:
        book.fold(
            [
                execution("x1", status=None, report="r1"),
                event("alert.created", {"alert_id": "a1", "function": "detect_drift"}, about="r1"),
                feedback(alert_id="a1", was_correct=False),
                feedback("r1", source="bob", was_real_drift=False),
            ]
        )
        found = book.observations(KEY)
        assert found.executions["x1"].alarm is True
        assert found.labels["x1"].votes == {"ann": False, "bob": False}
        assert found.odd == ()
        assert [payload["execution_id"] for _, payload in found.alerts] == ["x1"]
        book.fold(
            [event("alert.batch_dismissed", {"alert_ids": ["a1"], "function": "detect_drift"})]
        )
        assert book.observations(KEY).alerts[-1][1]["execution_id"] == "x1"


def test_feedback_about_an_alert_nobody_knows_waits(tmp_path: Path) -> None:
    """An answer that overtakes its alert would be lost."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1"), feedback(alert_id="a1", was_real_drift=False)])
        assert [o.why for o in book.odd()] == ["early"]
        book.fold([event("alert.created", {"alert_id": "a1", "execution_id": "x1"})])
        assert book.odd() == []
        assert book.observations(KEY).labels["x1"].truth is False


def _at(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_feedback_by_function_and_time_finds_the_one_before(tmp_path: Path) -> None:
    """What a person saw at a time would be pinned on another call, or on one of two."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1", at=NOW - 300), execution("x2", at=NOW - 200)])
        book.fold([feedback(function="detect_drift", at_=1, was_real_drift=False)])
        assert whys(book) == ["ambiguous"]  # it judges, and names no time
        said = {"function": "app.py:detect_drift", "was_real_drift": False, "kind": "user"}
        book.fold([event("function.feedback", {**said, "source": "bob", "at": _at(NOW - 210)})])
        assert book.observations(KEY).labels["x1"].votes == {"bob": False}
        book.fold([event("function.feedback", {**said, "source": "cyd", "at": _at(NOW - 400)})])
        assert whys(book) == ["ambiguous", "early"]
        # Two that ran at once cannot be told apart.
        book.fold([execution("x3", at=NOW - 250, ms=100_000)])
        book.fold([event("function.feedback", {**said, "source": "dan", "at": _at(NOW - 190)})])
        assert sorted(whys(book)) == ["ambiguous", "ambiguous", "early"]


def test_a_name_in_two_files_is_ambiguous_without_its_file(tmp_path: Path) -> None:
    """Feedback about one function would count for another of the same name."""
    other = FunctionKey("b.py", "detect_drift")
    with ledger(tmp_path) as book:
        book.fold([execution("x1"), execution("x2", key=other)])
        said = {"kind": "user", "source": "ann", "was_real_drift": False, "at": _at(NOW)}
        book.fold([event("function.feedback", {**said, "function": "detect_drift"})])
        assert whys(book) == ["ambiguous"]
        book.fold([event("function.feedback", {**said, "function": "b.py:detect_drift"})])
        assert list(book.observations(other).labels) == ["x2"]
        assert list(book.observations(KEY).labels) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"execution_id": "x1", "was_real_drift": "no"},
        {"execution_id": "x1", "suggestions": "need KL"},
        {"function": "detect_drift", "at": "yesterday", "was_real_drift": True},
    ],
)
def test_malformed_feedback_is_told_and_harms_nothing(
    tmp_path: Path, payload: dict[str, object]
) -> None:
    """One bad event would stop learning for all."""
    with ledger(tmp_path) as book:
        book.fold([execution("x1"), event("function.feedback", payload)])
        assert whys(book) == ["malformed"]
        assert book.observations(KEY).labels == {}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
fields = st.sampled_from(
    ["function", "file", "execution_id", "alert_id", "alert_ids", "source", "was_real_drift", "at",
     "was_correct", "reason", "comments", "suggestions", "facts", "duration_ms", "error", "version",
     "features", "impact", "usd", "value_usd", "seconds", "patterns", "kind", "useful", "response"]
)  # fmt: skip
types = st.sampled_from(
    ["function.execution", "function.feedback", "drift.validation", "drift.false_positive",
     "alert.created", "alert.batch_dismissed", "alert.response", "feature.drift_impact",
     "monitoring.cost", "execution.cost_measured", "drift.detection_delay", "other.type"]
)  # fmt: skip


@given(st.lists(st.tuples(types, st.dictionaries(fields, json_values, max_size=8)), max_size=8))
@settings(max_examples=40)
def test_no_payload_stops_learning(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:  # type: ignore[type-arg]
    """An event of anybody's making would stop learning for every function."""
    from poet.learn import decide, patterns

    home = tmp_path_factory.mktemp("ledger")
    with ledger(home) as book:
        book.fold([execution("x1")])
        book.fold([event(kind, {"function": "detect_drift", **p}, about="x1") for kind, p in rows])
        for key in book.functions():
            found = book.observations(key)
            decide(found, patterns(found), State(), now=NOW)
        book.odd()


def test_the_ledger_is_bounded(tmp_path: Path) -> None:
    """A busy function would fill the disk, and what people spoke of go first."""
    with ledger(tmp_path, most=100) as book:
        book.fold([execution("said", at=NOW - 9000), feedback("said", was_real_drift=False)])
        for i in range(5):
            book.fold([execution(f"x{i}-{j}", at=NOW - 5000 + 50 * i + j) for j in range(50)])
        kept = book.observations(KEY).executions
        assert len(kept) <= 100
        assert "said" in kept
        assert "x4-49" in kept
        huge = {"facts": {"status": "drift", "text": "x" * 900_000}, "function": "detect_drift"}
        book.fold([event("function.execution", {**huge, "file": "app.py"}, about="huge")])
        assert book.observations(KEY).executions["huge"].alarm is True
        assert book.path.stat().st_size < 500_000


def test_state_is_kept(tmp_path: Path) -> None:
    """A restart would end the cool-down and ask for the same version again."""
    state = State({"success_rate": Acted(NOW, None, 31)}, {"request:kl": "v1"}, NOW)
    with ledger(tmp_path) as book:
        assert book.state(KEY) == State()
        book.keep(KEY, state)
    with ledger(tmp_path) as book:
        assert book.state(KEY) == state
        assert book.state(FunctionKey("b.py", "detect_drift")) == State()


def test_a_damaged_ledger_says_what_to_do(tmp_path: Path) -> None:
    """A person would see a traceback of SQLite."""
    (tmp_path / "learn").mkdir()
    (tmp_path / "learn" / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(EventStoreError, match="made anew") as caught:
        ledger(tmp_path).fold([execution("x1")])
    assert "ledger.sqlite" in str(caught.value)


@pytest.mark.parametrize("rounds", [4, pytest.param(300, marks=pytest.mark.soak)])
def test_a_kill_at_any_instant_leaves_whole_batches(tmp_path: Path, rounds: int) -> None:
    """A kill would lose what was acknowledged, or count half a batch."""
    draw = random.Random(7)
    done = 0
    for _ in range(rounds):
        command = [sys.executable, str(PROGRAM), str(tmp_path), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            said = process.stdout.readline()  # a first batch of this process is durable
            time.sleep(draw.random() * 0.05)
            process.send_signal(signal.SIGKILL)
            said += process.stdout.read()
        acknowledged = max(int(line) for line in said.split(b"\n")[:-1])
        with closing(sqlite3.connect(tmp_path / "learn" / "ledger.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            command_ = "SELECT version, COUNT(*) FROM executions GROUP BY version"
            batches = dict(database.execute(command_).fetchall())
        assert set(batches.values()) == {20}
        assert len(batches) in (acknowledged, acknowledged + 1)
        done = len(batches)
    assert done >= rounds
