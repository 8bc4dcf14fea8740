"""The domain's checks can fail: a wrong detector does not pass them."""

from __future__ import annotations

import math

import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import failures, make

from poet_domain_ml_monitoring._domain import DOMAIN

NAMES = ["shifted", "same", "same_again", "scale", "shifted_down", "missing_same",
         "missing_shifted", "small_effect", "categories_moved", "categories_same", "category_new",
         "categories_missing", "too_little", "roles"]  # fmt: skip


@pytest.fixture
def made(tmp_path):
    user = FUNCTIONS["mean_bool"]
    return make(tmp_path, user.text, user.name, constraints={"duration_ms": 2000})


def _usable(values):
    return [v for v in values if v is not None and v == v]


def _mean_only(current, reference):
    a, b = _usable(current), _usable(reference)
    if isinstance(a[0], str):
        return False
    return abs(sum(a) / len(a) - sum(b) / len(b)) > 5


def _p_only(current, reference):
    from scipy.stats import ks_2samp

    a, b = _usable(current), _usable(reference)
    if isinstance(a[0], str):
        return set(a) != set(b)
    return bool(ks_2samp(a, b).pvalue < 0.05)


def _nan_counts(current, reference):
    return any(v is None or v != v for v in current)


def _only_upwards(current, reference):
    return _mean_only(current, reference) and sum(_usable(current)) > sum(_usable(reference))


WRONG = {
    "always_true": (lambda current, reference: True, {
        "same", "same_again", "missing_same", "small_effect", "categories_same",
        "categories_missing", "too_little",
    }),
    "always_false": (lambda current, reference: False, {
        "shifted", "scale", "shifted_down", "missing_shifted", "categories_moved",
        "category_new", "too_little", "roles",
    }),
    "mean_only": (_mean_only, {"scale", "categories_moved", "category_new", "too_little"}),
    "p_only": (_p_only, {"small_effect", "categories_moved"}),
    "missing_decides": (_nan_counts, {"missing_same", "categories_missing"}),
    "only_upwards": (_only_upwards, {"shifted_down"}),
    "other_schema": (lambda current, reference: {"drift": True}, set(NAMES)),
    "other_names": (lambda a, b: True, {"roles"}),
    "raises": (lambda current, reference: 1 / 0, {*NAMES, "duration"}),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_detector_fails(wrong, made):
    """A user would get a detector that is wrong in a known way."""
    function, expected = WRONG[wrong]
    failed = failures(function, DOMAIN.checks(made.spec))
    assert {f"drift.{name}" for name in expected} <= failed.keys()
    assert all("\n" not in problem for problem in failed.values())


def test_every_check_can_fail(made):
    """A user would pay for checks that prove nothing."""
    checks = [c for c in DOMAIN.checks(made.spec) if c.subject == "candidate"]
    assert {c.name for c in checks} == {f"drift.{name}" for name in [*NAMES, "duration"]}
    failed = set()
    for function, _ in WRONG.values():
        failed |= failures(function, checks).keys()
    assert failed == {c.name for c in checks}


def test_swapped_samples_are_seen(tmp_path):
    """A user whose report names sizes would read them for the wrong side."""
    user = FUNCTIONS["dataclass"]
    made = make(tmp_path, user.text, user.name)

    def swapped(history, recent):
        return made.detector(recent, history)

    failed = failures(swapped, DOMAIN.checks(made.spec))
    assert "swapped" in failed["drift.roles"]


@pytest.mark.parametrize("key", ["score_float", "p_value_float"])
def test_a_constant_number_fails(key, tmp_path):
    """A user would get a score that never moves."""
    user = FUNCTIONS[key]
    checks = DOMAIN.checks(make(tmp_path, user.text, user.name).spec)
    for constant in (0.0, 1.0, math.nan):
        assert failures(lambda *a, _c=constant, **k: _c, checks)


def test_silence_on_too_little_data_fails(made):
    """A user would read "no drift" from four rows."""
    (check,) = [c for c in DOMAIN.checks(made.spec) if c.name == "drift.too_little"]
    assert "silently" in failures(lambda current, reference: False, [check])["drift.too_little"]


def test_a_slow_detector_fails_its_constraint(tmp_path):
    """A user's request would wait longer than they allow."""
    import time

    user = FUNCTIONS["mean_bool"]
    spec = make(tmp_path, user.text, user.name, constraints={"duration_ms": 1}).spec
    (check,) = [c for c in DOMAIN.checks(spec) if c.name == "drift.duration"]
    failed = failures(lambda *args, **kwargs: time.sleep(0.01), [check])
    assert "at most 1 ms" in failed["drift.duration"]
