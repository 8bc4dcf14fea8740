"""The checks of monitors can fail: one that is wrong in a known way does not pass them."""

from __future__ import annotations

import warnings

import polars as pl
import pytest
from mon_recipes_forms import FORMS
from mon_recipes_helpers import DOMAIN, failures, watch

from poet.errors import PoetWarning

ALL = {
    f"monitor.{name}"
    for name in [
        "same", "moved", "fallen", "same_again", "by_name", "too_little", "kept", "replaced", "stale",
        "new_feature", "safe_mode",
    ]
}  # fmt: skip


@pytest.fixture
def made(tmp_path):
    form = FORMS["a method that learns of features"]
    # As the form is frozen, the reference could not be replaced.
    return watch(tmp_path, form.text.replace("(frozen=True)", ""), form.name)


def answer(drifted, features, stream, new=None):
    known = stream.reference.columns
    new = [c for c in features.columns if c not in known] if new is None else new
    return {"drifted": drifted, "new_features": new, "safe_mode": 2 * len(new) > features.width}


def moved(features, reference, by=2.0):
    return [
        c for c in features.columns
        if c in reference.columns and abs(features[c].mean() - reference[c].mean()) > by
    ]  # fmt: skip


def right(stream, features):
    if features.height < 20:
        warnings.warn("too little", PoetWarning, stacklevel=2)
        return answer([], features, stream)
    return answer(moved(features, stream.reference), features, stream)


class Stale:
    """Keeps the first reference it ever saw, of any object."""

    def __init__(self):
        self.kept = {}

    def __call__(self, stream, features):
        reference = self.kept.setdefault(id(stream), stream.reference)
        return answer(moved(features, reference), features, stream)


class Sliding:
    """Compares with the last window instead of the reference."""

    def __init__(self):
        self.last = {}

    def __call__(self, stream, features):
        before = self.last.get(id(stream), stream.reference)
        self.last[id(stream)] = features
        return answer(moved(features, before), features, stream)


WRONG = {
    "always": (
        lambda s, features: answer(features.columns, features, s),
        {"same", "same_again", "kept", "replaced", "too_little", "new_feature"},
    ),
    "never": (
        lambda s, features: answer([], features, s),
        {"moved", "fallen", "by_name", "stale", "too_little"},
    ),
    "only upwards": (
        lambda s, features: answer(
            [c for c in moved(features, s.reference) if features[c].mean() > 55], features, s
        ),
        {"fallen"},
    ),
    "stale": (Stale(), {"replaced", "stale"}),
    "sliding": (Sliding(), {"kept"}),
    "new is drift": (
        lambda s, features: answer(
            [*moved(features, s.reference), *(c for c in features.columns if c not in s.reference.columns)],
            features, s,
        ),
        {"new_feature"},
    ),
    "new is nothing": (
        lambda s, features: answer(moved(features, s.reference), features, s, new=[]),
        {"new_feature", "safe_mode"},
    ),
    "another form": (lambda s, features: {"drifted": []}, {n.partition(".")[2] for n in ALL}),
    "no keyword": (lambda s, frame: right(s, frame), {"by_name"}),
    "raises": (lambda s, features: 1 / 0, {n.partition(".")[2] for n in ALL}),
}  # fmt: skip


def test_a_monitor_that_is_right_passes(made):
    """A model's or a person's own way to be right would be refused."""
    assert failures(made, DOMAIN.checks(made.spec), right) == {}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_monitor_fails(wrong, made):
    """A user would get a monitor that is wrong in a known way."""
    monitor, expected = WRONG[wrong]
    failed = failures(made, DOMAIN.checks(made.spec), monitor)
    assert {f"monitor.{name}" for name in expected} <= failed.keys()
    assert all("\n" not in problem for problem in failed.values())


def test_every_check_can_fail(made):
    """A user would pay for checks that prove nothing."""
    checks = DOMAIN.checks(made.spec)
    assert {c.name for c in checks if c.subject == "candidate"} == ALL
    failed = set()
    for monitor, _ in WRONG.values():
        failed |= failures(made, checks, monitor).keys()
    assert failed == ALL


def test_a_score_that_does_not_move_fails(tmp_path):
    """A user's model would be healthy whatever became of it."""
    form = FORMS["a dataclass of health"]
    made = watch(tmp_path, form.text, form.name)

    def constant(monitor, predictions, features):
        found = moved(features, monitor.reference)
        return made.module.ModelHealth(0.9, "ok", found)

    failed = failures(made, DOMAIN.checks(made.spec), constant)
    assert "score below 0.9" in failed["monitor.unhealthy"]


@pytest.mark.parametrize("values", [{"p": -0.1}, {"p": "0.1"}, {"p": None}])
def test_a_value_of_another_type_fails(values, tmp_path):
    """A user's code that compares a score would meet a text."""
    form = FORMS["dataclass with windows"]
    made = watch(tmp_path, form.text, form.name)

    def odd(agent, feature_data):
        value = made.monitor(agent, feature_data)
        for found in value["features"].values():
            found["score"] = values["p"]
        return value

    assert "monitor.moved" in failures(made, DOMAIN.checks(made.spec), odd)


def test_a_function_that_means_the_opposite_is_seen(tmp_path):
    """A user whose function says "all is well" would get the opposite."""
    text = """
    @dataclass
    class M:
        reference: dict[str, list[float]]

        def drift_detected(self, features: dict[str, list[float]]) -> bool:
            return all(abs(mean(v) - mean(self.reference[n])) < 1 for n, v in features.items())
    """
    made = watch(tmp_path, text, "M.drift_detected")
    checks = {c.name: c for c in DOMAIN.checks(made.spec) if c.subject == "baseline"}
    from mlmon_helpers import plain

    from poet.domain import Outcome

    said = []
    for check in checks.values():
        stream = made.owner(*check.receiver.args, **check.receiver.kwargs)
        value = plain(stream.drift_detected(*check.args, **check.kwargs))
        said.append(check.expect(Outcome("returned", value)))
    assert said[:-1] == [None] * (len(said) - 1)
    assert "the other way round" in said[-1]


def test_the_values_of_a_check_cross_a_process(made):
    """A check would be lost on its way to the worker."""
    from poet.codec import decode, encode

    for check in DOMAIN.checks(made.spec):
        (frame,) = [*check.args, *check.kwargs.values()]
        assert isinstance(decode(encode(frame)), pl.DataFrame)
        assert decode(encode(dict(check.receiver.kwargs))).keys() == {"reference"}
