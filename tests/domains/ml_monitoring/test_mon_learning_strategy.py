"""Versions made of evidence: another strategy, seen in the text, held by checks that fit it."""

from __future__ import annotations

import subprocess
import sys
import warnings

import polars as pl
import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import failures, make, spec_of
from mon_learning_helpers import SEASON, TEXT, Stream, asked, made_for, note
from mon_recipes_forms import FORMS
from mon_recipes_helpers import spec_for as monitor_spec

from poet.errors import PoetWarning, RecipeRefusedError
from poet.generate import with_header
from poet_domain_ml_monitoring._domain import DOMAIN

STRATEGIES = {
    "season": ([SEASON], "season.of(name, adjusted="),
    "season without levels": (
        [SEASON._replace(facts={**SEASON.facts, "adjusted": False})],
        "season.of(name, adjusted=False)",
    ),
    "effect": ([note("minimum_effect", min_effect=0.3, features={"hum": 0.5})], '"hum": 0.5'),
    "large effect": ([note("minimum_effect", min_effect=0.95)], "MIN_EFFECT = 0.95"),
    "left out": ([note("importance", left_out=["dial"])], 'LEFT_OUT = ("at", "dial")'),
    "groups": ([note("grouping", groups=[["load", "heat"]])], "first_of_groups(drifted_columns"),
    "outage": ([note("window", min_samples=30)], "MIN_SAMPLES = 30"),
    "sampling": ([note("sampling", rows=2000)], "evenly(now, SAMPLE_ROWS)"),
    "kl": ([asked("kl")], "MAX_CATEGORIES = 100"),
    "kl for one": ([asked("kl", features=["dial"])], 'CATEGORICAL = ("dial",)'),
}
EVERY = [e for name in ("season", "effect", "left out", "groups", "outage", "sampling", "kl for one")
         for e in STRATEGIES[name][0]]  # fmt: skip

FAILED = note("error", types={"StatsInputError": 1})


@pytest.mark.parametrize("name", STRATEGIES)
def test_evidence_makes_another_version_that_shows_it(name, tmp_path):
    """A reviewer would not see in the code what production taught, or get the same code again."""
    evidence, shown = STRATEGIES[name]
    made = made_for(tmp_path, *evidence)
    assert shown in made.recipe.source
    assert shown not in make(tmp_path, TEXT, "detect_drift").recipe.source
    assert evidence[0].summary in made.recipe.notes
    checks = [c for c in DOMAIN.checks(made.spec) if c.subject == "candidate"]
    assert len(checks) >= 8
    assert failures(made.detector, checks) == {}


def test_a_season_brings_checks_of_its_own(tmp_path):
    """A version that ignores the season it was made for would pass the gate."""
    made = made_for(tmp_path, SEASON)
    plain = make(tmp_path, TEXT, "detect_drift")
    checks = [c for c in DOMAIN.checks(made.spec) if "season" in c.name]
    assert {c.name for c in checks} == {
        "drift.season",
        "drift.season_again",
        "drift.season_moved",
    }
    assert set(failures(plain.detector, checks)) >= {"drift.season", "drift.season_again"}


@pytest.mark.parametrize("key", FUNCTIONS)
def test_every_form_of_function_takes_all_evidence(key, tmp_path):
    """A user whose function has another form would get no version, or a wrong one."""
    user = FUNCTIONS[key]
    made = make(tmp_path, user.text, user.name, evidence=EVERY, **user.options)
    checks = [c for c in DOMAIN.checks(made.spec) if c.subject == "candidate"]
    assert failures(made.detector, checks) == {}


def test_text_made_of_evidence_is_as_a_formatter_and_linter_leave_it(tmp_path):
    """A reviewer would read noise, and a user's own lint run would fail on committed versions."""
    texts = {f"d{n}": made_for(tmp_path, *e) for n, (e, _) in enumerate(STRATEGIES.values())}
    texts["every"] = made_for(tmp_path, *EVERY)
    sources = {name: with_header(m.recipe.source, m.spec, "ml_monitoring", "recipe")
               for name, m in texts.items()}  # fmt: skip
    for number, form in enumerate(FORMS.values()):
        spec = monitor_spec(tmp_path, form.text, form.name, **form.options)
        spec = spec._replace(evidence=(*EVERY, FAILED))
        made = DOMAIN.recipe(spec)
        sources[f"m{number}"] = with_header(made.source, spec, "ml_monitoring", "recipe")
    folder = tmp_path / "code"
    folder.mkdir()
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache"]
        ran = subprocess.run(
            [*ruff, "--target-version", "py311", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_evidence_that_makes_no_sense_is_passed_over(tmp_path):
    """A damaged params.json would stop every regeneration of the function."""
    bad = [
        note("season", time=3, period_seconds="x", phase_width=0),
        note("minimum_effect", min_effect=-1, features=[1], level="0.1"),
        note("importance", left_out="dial"),
        note("grouping", groups=[1, ["one"]]),
        note("window", min_samples=True),
        note("sampling", rows=3),
        note("a name of a later version", anything=1),
        asked("something unheard of"),
    ]
    wanted = make(tmp_path, TEXT, "detect_drift").recipe.source
    text = made_for(tmp_path, *bad).recipe.source
    assert text[text.index("from ") :] == wanted[wanted.index("from ") :]


def test_no_quotes_of_feedback_reach_the_code(tmp_path):
    """Whoever writes feedback would write into the module's text."""
    evil = SEASON._replace(
        summary='a season """\nimport os\n"""', quotes=('"""\nimport os', "ignore all tests")
    )
    source = made_for(tmp_path, evil).recipe.source
    assert "\nimport os" not in source
    assert "ignore all tests" not in source
    compile(source, "code.py", "exec")


def test_kl_is_used_where_numbers_were_taken(tmp_path):
    """Somebody who asks for KL for categorical features would get the Kolmogorov-Smirnov test again."""
    text = (
        "def detect_drift(current: list[float], reference: list[float]) -> bool:\n"
        "    return abs(sum(current) / len(current) - sum(reference) / len(reference)) > 5\n"
    )
    first = make(tmp_path, text, "detect_drift")
    second = make(tmp_path, text, "detect_drift", evidence=[asked("kl")])
    codes = [float(n % 3) for n in range(300)]
    moved = [0.0 if n % 5 else float(n % 3) for n in range(300)]
    assert first.observed(moved, codes)[1]["test"] == "ks"
    value, facts = second.observed(moved, codes)
    assert (value, facts["test"]) == (True, "kl")
    assert (
        second.observed([n / 7 for n in range(300)], [n / 7 for n in range(300)])[1]["test"] == "ks"
    )


def test_frames_without_times_or_with_other_columns_are_compared(tmp_path):
    """A version made for a season would fail on the first frame without its column of times."""
    made, stream = made_for(tmp_path, SEASON), Stream(1)
    window = stream.rows(4 * 90, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PoetWarning)
        for now, then in (
            (window.drop("at"), stream.reference),
            (window, stream.reference.drop("at")),
            (window.drop("hum"), stream.reference),
            (window.with_columns(new=pl.lit(1.0)), stream.reference),
            (window.with_columns(at=pl.lit("never")), stream.reference),
        ):
            assert set(made.detector(now, then)) == {"drift", "drifted_features"}


def test_an_outage_is_too_little_data_and_no_drift(tmp_path):
    """Every outage would be an alarm."""
    made, stream = made_for(tmp_path, SEASON, note("window", min_samples=30)), Stream(2)
    window = stream.rows(30 * 90, 48)
    half = pl.when(pl.int_range(pl.len()) < 20).then(pl.col("load"))
    with pytest.warns(PoetWarning, match="load"):
        value, facts = made.observed(window.with_columns(half.alias("load")), stream.reference)
    assert "load" not in value["drifted_features"]
    assert facts["columns"]["load"]["status"] == "insufficient_data"


def test_a_helper_that_names_the_columns_is_asked(tmp_path):
    """A user whose helper leaves a column out would be told of drift in it."""
    text = TEXT.replace(
        "for name in reference.columns:", "for name in features(reference):"
    ).replace(
        "def detect_drift",
        'def features(frame):\n    return [c for c in frame.columns if c not in ("at", "dial")]\n\n\n'
        "def detect_drift",
    )
    made, stream = make(tmp_path, text, "detect_drift"), Stream(3)
    moved = stream.rows(0, 1800, dial=5.0)
    assert "user.features(reference)" in made.recipe.source
    assert made.detector(moved, stream.reference)["drifted_features"] == []
    with pytest.raises(RecipeRefusedError, match="takes its columns from"):
        DOMAIN.recipe(spec_of(tmp_path, text.replace("features(reference)", "features(reference, 1)"),
                              "detect_drift"))  # fmt: skip


def test_a_monitor_survives_what_its_calls_failed_of_and_nothing_else(tmp_path):
    """The window that failed in production would fail in every later version."""
    form = FORMS["dataclass with windows"]
    spec = monitor_spec(tmp_path, form.text, form.name, **form.options)
    other = note("error", types={"KeyError": 1})
    first, failed, same = (
        DOMAIN.recipe(spec._replace(evidence=evidence)) for evidence in ((), (FAILED,), (other,))
    )
    assert first.source == same.source
    assert "single=True" not in first.source
    assert "single=True" in failed.source
    assert any("StatsInputError" in line for line in failed.notes)
