"""A detector is scored by its verdicts on samples that no check shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import make, run, spec_of

from poet.gate import better, score_pair
from poet.spec import Options, build_spec
from poet_domain_ml_monitoring._domain import DOMAIN

EXAMPLE = Path(__file__).parents[3] / "examples" / "weather_drift" / "weather.py"


def figures(made, function):
    """Return each objective's figure of a function that is called here, or why it has none."""
    found = {}
    scorings = DOMAIN.scoring(made.spec)
    calls = scorings[0].calls
    outcomes = [run(function, c._replace(expect=lambda outcome: outcome)) for c in calls]
    for scoring in scorings:
        try:
            found[scoring.objective] = scoring.score(calls, outcomes)
        except ValueError as error:
            found[scoring.objective] = str(error)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    user = FUNCTIONS["mean_bool"]
    return make(tmp_path_factory.mktemp("scored"), user.text, user.name)


def test_the_samples_are_half_drift_and_half_not(made):
    """A detector that always says the same would have a good figure."""
    for function, accuracy in ((lambda *_: True, 0.5), (lambda *_: False, 0.5)):
        assert figures(made, function)["accuracy"] == pytest.approx(accuracy, abs=0.08)


def test_an_alarm_for_everything_has_recall_and_no_precision(made):
    """Precision and recall would be mixed up."""
    found = figures(made, lambda *_: True)
    assert found["recall"] == 1
    assert found["precision"] == pytest.approx(0.5, abs=0.08)
    silent = figures(made, lambda *_: False)
    assert silent["recall"] == 0
    assert "never says drift" in silent["precision"]


@pytest.mark.parametrize("value", [None, "drift", 3, [True]])
def test_what_is_no_verdict_is_never_right(made, value):
    """Rubbish would count as "no drift"."""
    assert figures(made, lambda *_: value)["accuracy"] == 0


def test_a_failure_is_a_missed_drift(made):
    """A detector that fails where it is hard would look good."""

    def fails(current, reference):
        raise ValueError("no")

    found = figures(made, fails)
    assert found["accuracy"] == found["recall"] == 0


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_recipe_is_good_at_every_form_of_function(tmp_path, name):
    """The samples or their labels would not fit what the function takes, and no figure mean anything."""
    user = FUNCTIONS[name]
    made = make(tmp_path, user.text, user.name, **user.options)
    found = figures(made, made.detector)
    assert found["accuracy"] >= 0.9, found


def test_samples_are_not_those_of_the_checks(made):
    """Who passes the checks by heart would have the best figure."""
    calls = DOMAIN.scoring(made.spec)[0].calls
    assert len(calls) > 40
    assert all(c.hidden for c in calls)
    known = {str(c.args) for c in DOMAIN.checks(made.spec)}
    assert not known & {str(c.args) for c in calls}


def test_samples_are_the_same_each_time_and_others_for_another_function(tmp_path):
    """Two candidates would be measured by different samples."""
    user = FUNCTIONS["mean_bool"]
    one, again, other = (
        spec_of(tmp_path, text, user.name)
        for text in (user.text, user.text, user.text.replace("5", "6").replace("2", "3"))
    )
    calls = [[(c.name, c.args) for c in DOMAIN.scoring(s)[0].calls] for s in (one, again, other)]
    assert calls[0] == calls[1]
    if other.fingerprint != one.fingerprint:
        assert calls[0] != calls[2]


def test_what_the_user_calls_drift_is_what_is_asked(tmp_path):
    """A user who wants only large changes reported would be told that this misses drift."""
    user = FUNCTIONS["mean_bool"]
    for limit in (0.0, 0.05, 0.3, 0.6):
        config = {"min_effect": limit}
        made = make(tmp_path, user.text, user.name, config=config)
        assert figures(made, made.detector)["accuracy"] >= 0.85, limit


def test_a_function_that_is_not_understood_says_why(tmp_path):
    """A figure of 0 would stand where nothing was measured."""
    text = "def fit(model):\n    return model\n"
    spec = spec_of(tmp_path, text, "fit")
    assert {s.objective for s in DOMAIN.scoring(spec)} == {"accuracy", "precision", "recall"}
    for scoring in DOMAIN.scoring(spec):
        assert not scoring.calls
        assert scoring.why


def test_the_example_is_poor_and_its_recipe_is_better(capsys):
    """The objective of the first example in the guide would change nothing."""
    given = {"domain": "ml_monitoring", "optimize_for": "accuracy"}
    options = DOMAIN.settle(Options.parse(given, ""), "")
    spec = build_spec(EXAMPLE, "detect_drift", options, recipe_epoch=1, default_mode="enhance")
    code = DOMAIN.recipe(spec).source
    found = score_pair(
        code, None, spec, DOMAIN, import_name="weather", filename="<c>", inputs=(), timeout=30
    )
    assert found.reference[0].value < 0.7
    assert found.candidate[0].value > 0.9
    assert better(*found)[0]
