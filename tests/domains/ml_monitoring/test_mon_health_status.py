"""The status of a noisy score: it follows what is real and does not flap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_judge_helpers import HOUR, START

from poet_domain_ml_monitoring.health import StatusGate

ORDER = ["healthy", "degraded", "unhealthy"]
# Hundredths: floats of any size would hardly ever lie beside a level.
scores = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


def gate(dwell_checks=3, min_dwell=timedelta(0)):
    return StatusGate(0.8, 0.55, margin=0.05, dwell_checks=dwell_checks, min_dwell=min_dwell)


def run(made, values, every=HOUR):
    return [made.step(value, START + i * every) for i, value in enumerate(values)]


def changes(statuses):
    return [i for i in range(1, len(statuses)) if statuses[i] != statuses[i - 1]]


@settings(max_examples=300)
@given(
    level=st.sampled_from([0.8, 0.55]),
    noise=st.lists(st.floats(-0.049, 0.049), min_size=2, max_size=200),
)
def test_noise_around_a_level_changes_the_status_at_most_once(level, noise):
    """A score that trembles at a level would page somebody at every check."""
    statuses = run(gate(), [level + part for part in noise])
    assert len(changes(statuses)) <= 1


@settings(max_examples=300)
@given(st.lists(scores, min_size=2, max_size=120), st.integers(1, 6), st.integers(0, 6))
def test_no_score_whatever_makes_it_go_there_and_back_within_the_dwell(values, checks, hours):
    """Any sequence would flap: worse and better again faster than was asked for."""
    statuses = run(gate(checks, hours * HOUR), values)
    at = changes(statuses)
    for before, after in zip([0, *at], at, strict=False):
        better = ORDER.index(statuses[after]) < ORDER.index(statuses[after - 1])
        if better:
            assert after - before >= checks
            assert after - before >= hours
            level = {"degraded": 0.8, "unhealthy": 0.55}[statuses[after - 1]]
            assert all(value >= level + 0.05 for value in values[after - checks + 1 : after + 1])
            continue
        level = {"degraded": 0.8, "unhealthy": 0.55}[statuses[after]]
        if values[after] >= level - 0.05:  # no collapse
            assert after - before >= checks
            assert after - before >= hours
            left = {"healthy": 0.8, "degraded": 0.55}[statuses[after - 1]]
            assert all(value < left for value in values[after - checks + 1 : after + 1])
    assert len(at) <= 2 * (len(values) // checks) + 2


@settings(max_examples=200)
@given(st.lists(scores, max_size=30), scores, st.integers(1, 5))
def test_a_steady_score_gets_the_status_it_deserves(before, score, checks):
    """A status would be stuck for ever after some history."""
    made = gate(checks)
    run(made, before)
    last = run(made, [score] * (3 * checks + 3))[-1]
    lenient = sum(score < level for level in (0.8, 0.55))
    strict = sum(score < level + 0.05 for level in (0.8, 0.55))
    assert ORDER.index(last) in range(lenient, strict + 1)


def test_a_collapse_counts_at_once():
    """A model that broke would be healthy until the dwell time is over."""
    made = gate(min_dwell=timedelta(days=1))
    assert run(made, [0.95, 0.95, 0.2]) == ["healthy", "healthy", "unhealthy"]


def test_recovery_waits_and_goes_straight_to_where_it_belongs():
    """One good window would end an incident."""
    made = gate()
    assert run(made, [0.2, 0.9, 0.9, 0.84, 0.9, 0.9, 0.9]) == [
        "unhealthy", "unhealthy", "unhealthy", "degraded", "degraded", "degraded", "healthy",
    ]  # fmt: skip


def test_time_must_pass_as_well_where_that_is_asked():
    """Ten checks in a minute would end an incident that was to last an hour."""
    made = gate(dwell_checks=1, min_dwell=2 * HOUR)
    assert made.step(0.3, START) == "unhealthy"
    assert made.step(0.95, START + HOUR) == "unhealthy"
    assert made.step(0.95, START - 5 * HOUR) == "unhealthy"
    assert made.step(0.95, START + 2 * HOUR) == "healthy"
    assert made.since == START + 2 * HOUR


@given(st.lists(scores, max_size=20), st.lists(scores, max_size=20))
def test_a_restart_does_not_start_the_dwell_anew(first, second):
    """A deployment would change when an incident ends."""
    whole, before, after = gate(), gate(), gate()
    run(before, first)
    after.restore(before.to_dict())
    expected = run(whole, first + second)[len(first) :]
    got = [after.step(v, START + (len(first) + i) * HOUR) for i, v in enumerate(second)]
    assert got == expected
    assert after.to_dict() == whole.to_dict()


def test_a_damaged_status_is_refused():
    """A typing error in a state would be a status nobody knows."""
    with pytest.raises(ValueError, match="no status"):
        gate().restore({"status": "fine", "since": None, "better": 0, "worse": 0})
