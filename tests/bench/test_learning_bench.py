"""What the bench of learning counts and how; that its streams are what they say; that nothing leaks."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from bench.learning import cities, world
from bench.learning.loop import Run, evaluate, production, run_loop, run_process
from bench.learning.project import FUNCTION, environment, write_project
from bench.learning.report import as_json, page
from bench.learning.reviewers import opinions, reviewers
from bench.learning.streams import STREAMS, Plan, open_stream
from bench.learning.truth import Answer, Incident, Score, Stretch, Window, pooled, score
from poet.cases.recording import recordings
from poet.events import read

SEEDS = (101,)


def frame(rows):
    return pl.DataFrame({"x": np.zeros(rows)})


def window(number, state, incident=None):
    return Window(frame(10), frame(1), 10 * (number + 1), state, incident, outage=False)


QUIET, DRIFT, UNCLEAR = "quiet", "drift", "unclear"
SMALL = Stretch(
    [
        window(0, QUIET), window(1, QUIET), window(2, UNCLEAR, 0), window(3, DRIFT, 0),
        window(4, DRIFT, 0), window(5, QUIET), window(6, DRIFT, 1),
    ],
    [
        Incident("level shift", ("x",), 1.0, 26, 26, 50),
        Incident("level shift", ("x",), 1.0, 60, 60, 70),
    ],
    {"x": "seasonal"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("alarms", "want"),
    [
        ("0000000", {"false": 0, "missed": 2, "silent": 3, "delays": (), "alerts": 0}),
        ("1111111", {"false": 3, "missed": 0, "silent": 0, "delays": (0.4, 1.0), "alerts": 8}),
        ("0100100", {"false": 1, "missed": 1, "silent": 2, "delays": (2.4,), "alerts": 2}),
        ("0010000", {"false": 0, "missed": 1, "silent": 3, "delays": (0.4,), "alerts": 2}),
    ],
)
def test_answers_are_counted_against_the_truth(alarms, want):
    """A version would look better than it is, and be called an improvement."""
    answers = [Answer(a == "1", ("x", "y") if a == "1" else ()) for a in alarms]
    done = score(SMALL, answers)
    assert (done.quiet, done.drifting, done.incidents, done.calls) == (3, 3, 2, 7)
    assert {name: getattr(done, name) for name in want} == want


def test_an_answer_for_every_window_or_none():
    """Answers lost on the way would shift all others by a window."""
    with pytest.raises(ValueError, match="6 answers to 7 windows"):
        score(SMALL, [Answer(alarm=False)] * 6)


def test_rates_of_several_streams_are_those_of_their_counts():
    """A stream with two windows would weigh as much as one with two thousand."""
    one = Score(quiet=100, false=50, incidents=2, missed=1, delays=(1.0,), alerts=4)
    both = pooled([one, Score(quiet=300, false=0, incidents=2, missed=0, delays=(2.0, 6.0))])
    found = both.as_json()
    assert (found["false_positive_rate"], found["missed_drift_rate"]) == (0.125, 0.25)
    assert (found["detection_delay"], found["alerts_per_incident"]) == (3.0, 4 / 3)
    assert Score().as_json()["missed_drift_rate"] is None


@pytest.mark.parametrize("stream", list(STREAMS))
def test_a_seed_draws_the_same_stream_again_and_another_seed_another(stream):
    """Production and reviewers, in two processes, would talk of different windows."""
    first, again, other = (open_stream(stream, s).stretch(0, 48) for s in (5, 5, 6))
    for a, b in zip(first.windows, again.windows, strict=True):
        assert a.current.equals(b.current)
        assert (a.state, a.incident) == (b.state, b.incident)
    assert first.incidents == again.incidents != other.incidents


@pytest.mark.parametrize("stream", list(STREAMS))
def test_values_move_by_the_incidents_size_where_it_says_and_nowhere_else(stream, monkeypatch):
    """The truth would be another than that of the data, and every figure wrong."""
    source = open_stream(stream, 7)
    monkeypatch.setattr(world.Plant, "_outages", lambda *_: set())
    moved = source.stretch(48, 96)
    monkeypatch.setattr(world.Plant, "_incidents", lambda *_: [])
    monkeypatch.setattr(cities, "SLOT", 1000)
    still = source.stretch(48, 96)
    assert moved.incidents
    assert not still.incidents
    units = {f.name: f.unit for f in getattr(source, "features", ())}
    before, after = (pl.concat([w.current for w in s.windows]) for s in (still, moved))
    for name in STREAMS[stream].features:
        want = np.zeros(before.height)
        for incident in moved.incidents:
            if name in incident.features:
                rows = np.array([incident.weight(r) for r in range(before.height)])
                want += incident.size * units.get(name, 1.0) * rows
        np.testing.assert_allclose((after[name] - before[name]).to_numpy(), want, atol=0.11)


def test_the_truth_of_a_window_follows_its_incident():
    """A window with the first rows of a drift would be counted as missed, or its alarm as false."""
    ramp = Incident("slow trend", ("x",), 1.0, 100, 200, 300)
    states = [world.state_of([ramp], start, 50) for start in range(0, 350, 50)]
    assert [s for s, _ in states] == [QUIET, QUIET, UNCLEAR, DRIFT, DRIFT, DRIFT, QUIET]
    assert [i for _, i in states] == [None, None, 0, 0, 0, 0, None]


def test_held_back_windows_are_none_of_those_that_learning_sees():
    """Versions would be judged on what they were learnt from."""
    for name in STREAMS:
        plan = Plan().of(name)
        stretch = open_stream(name, 1).stretch(STREAMS[name].held_back, plan.held_back)
        assert len(stretch.windows) == plan.held_back
    with pytest.raises(ValueError, match="reach into what is held back"):
        Plan(windows=141).of("cities")


def by_phase(plant, current):
    """Return the rows of the reference that are of the window's phases; the plant knows its period."""
    at = np.arange(plant.reference.height) % plant.period
    step = (current["time"][0] - plant.reference["time"][0]) // world.STEP
    wanted = (step + np.arange(current.height)) % plant.period
    return plant.reference.filter(np.isin(at, wanted))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plant_fools_a_plain_test_and_can_be_told_by_who_knows_it(seed):
    """The bench would be won by doing nothing, or could not be won at all."""
    plant = world.Plant(seed)
    stretch = plant.stretch(0, 72)

    def alarms(current, reference, least, names):
        values = {n: current[n].drop_nulls().to_numpy() for n in names}
        found = {
            n: ks_2samp(v, reference[n].to_numpy(), method="asymp")
            for n, v in values.items()
            if len(v) >= 20
        }
        level = 0.05 / len(names)
        return any(k.pvalue < level and k.statistic >= least[n] for n, k in found.items())

    roles, rates = stretch.roles, []
    known = [n for n, role in roles.items() if role != "useless"]
    plain = dict.fromkeys(roles, 0.1)
    least = {n: 0.55 if roles[n] == "noisy" else 0.45 for n in known}
    for how in ("plain", "knowing"):
        answers = [
            Answer(
                alarms(w.current, w.reference, plain, list(roles))
                if how == "plain"
                else alarms(w.current, by_phase(plant, w.current), least, known)
            )
            for w in stretch.windows
        ]
        rates.append(score(stretch, answers).as_json())
    assert rates[0]["false_positive_rate"] > 0.4
    assert rates[1]["false_positive_rate"] < 0.05
    assert rates[0]["missed_drift_rate"] == rates[1]["missed_drift_rate"] == 0


def test_reviewers_are_late_and_wrong_at_the_rates_drawn_for_them():
    """Learning would be measured on feedback better than anybody gives."""
    stretch = world.Plant(3).stretch(0, 240)
    notes = {i: {"alarm": i % 3 > 0, "features": ["s1"]} for i in range(240)}
    said = list(opinions(stretch, 0, notes, 3))
    assert said == list(opinions(stretch, 0, notes, 3))
    audited = {o.window for o in said if not notes[o.window]["alarm"]}
    assert 0.15 < len(audited) / 80 < 0.45
    assert all(o.due > o.window for o in said)
    assert not [o for o in said if stretch.windows[o.window].state == "unclear"]
    for one in reviewers(3):
        own = [o for o in said if o.source == one.name]
        wrong = np.mean([o.real != (stretch.windows[o.window].state == "drift") for o in own])
        assert wrong == pytest.approx(one.errs, abs=3 * np.sqrt(one.errs / len(own)))


def test_a_run_that_made_fewer_versions_counts_with_its_last():
    """The last version's figures would be those of the few seeds that got that far."""
    made = [Score(quiet=10, false=f, incidents=1) for f in (8, 4, 0)]
    told = {"strategy": "compare_columns", "evidence": [], "notes": []}
    long = Run("plant", 1, made[0], {f"v{i}": (s, told) for i, s in enumerate(made, 1)}, [])
    short = Run("plant", 2, made[0], {"v1": (made[0], told), "v2": (made[1], told)}, [])
    found = as_json([long, short], Plan())
    rates = [v["false_positive_rate"] for v in found["versions"]]
    assert rates == [0.8, 0.4, 0.2]
    assert json.loads(json.dumps(found)) == found
    assert "20.0% (4 of 20)" in page([found], [])


def test_production_and_reviewers_say_nothing_but_calls_and_judgements(tmp_path):
    """The library would be told the truth, and the figures be worth nothing."""
    project, home = write_project(tmp_path / "project", "plant"), tmp_path / "home"
    notes, said = tmp_path / "notes.jsonl", tmp_path / "said.txt"
    with production(project, home, "plant", 4, notes) as running:
        ran = [running.run(first, 12) for first in (0, 12)]
    assert [r["windows"] for r in ran] == [12, 12]
    environ = environment(home)
    review = ["-m", "bench.learning.reviewers", "plant", "4"]
    counts = [
        int(run_process([*review, str(now), str(notes), str(said)], environ, project))
        for now in (24, 24, 1000)
    ]
    assert counts[0] > 0
    assert counts[1] == 0
    assert counts[2] > 0
    known = {
        "function.execution": {
            "function", "file", "version", "duration_ms", "outcome", "error", "facts",
        },
        "alert.created": {"alert_id", "execution_id", "function"},
        "function.feedback": {
            "execution_id", "alert_id", "kind", "source", "was_real_drift", "reason", "audit",
        },
    }  # fmt: skip
    events = [e for e in read(home) if e.type in known]
    assert {e.type for e in events} == set(known)
    for event in events:
        assert set(event.payload) <= known[event.type]
    executed = [e for e in events if e.type == "function.execution"]
    judged = [e for e in events if e.type == "function.feedback"]
    assert (len(executed), len(judged)) == (24, sum(counts))
    for one in recordings(home, FUNCTION, "monitor.py"):
        assert one.args[0].columns == one.args[1].columns == ["time", *world.FEATURES]


def test_an_evaluation_leaves_no_trace_in_the_project(tmp_path):
    """Learning would see the windows that its versions are judged on."""
    project = write_project(tmp_path / "project", "plant")
    before = {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    done = evaluate(project, tmp_path, "plant", 4, Plan(held_back=12), "baseline")
    assert done.calls == 12
    after = {p: p.read_bytes() for p in project.rglob("*") if p.is_file()}
    assert {p for p in after if "__pycache__" not in p.parts} == set(before)
    assert not list((tmp_path / "evaluation-baseline").rglob("*.jsonl"))


def test_a_small_loop_runs_through_the_real_queue(tmp_path):
    """The bench would fail after an hour, or learn from events that nobody published."""
    done = run_loop(tmp_path, "cities", 3, Plan(12, 1, 12), lambda _: None)
    assert list(done.versions) == ["v1"]
    (one,) = done.rounds
    assert (one.windows, one.served, one.current) == (12, {"v1": 12}, "v1")
    (function,) = one.decision["functions"]
    assert function["executions"] == 12
    assert 0 < function["labels"] <= one.feedback
    assert function["outcome"] == "waiting"
    assert json.loads(json.dumps(as_json([done], Plan())))["versions"][0]["version"] == "v1"


@pytest.mark.soak
def test_learning_ends_false_alarms_and_misses_no_more_than_before(tmp_path):
    """The claim on the page would be one about another version of POET."""
    plan = Plan().of("plant")
    done = run_loop(tmp_path, "plant", 102, plan, lambda _: None)
    scores = [s.as_json() for s, _ in done.versions.values()]
    assert len(scores) <= 3
    assert scores[0]["false_positive_rate"] > 0.4
    assert scores[-1]["false_positive_rate"] < 0.05
    assert scores[-1]["missed_drift_rate"] <= scores[0]["missed_drift_rate"]
    served = {name for one in done.rounds for name in one.served}
    assert len(served) > 1, "the process that ran all along never took up a promoted version"
