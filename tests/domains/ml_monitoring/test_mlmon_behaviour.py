"""What a detector says on data of each kind and in each form."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import make

from poet.errors import PoetWarning, StatsInputError
from poet_domain_ml_monitoring import column_of, kind_of, merge_rare

PLAIN = "def detect(current, reference):\n    return current != reference\n"
RNG = np.random.default_rng(5)
BASE = RNG.normal(0, 1, 500)
FORMS = {
    "list": list,
    "tuple": tuple,
    "numpy": np.array,
    "polars": pl.Series,
    "pandas": pd.Series,
}


@pytest.fixture
def plain(tmp_path):
    return make(tmp_path, PLAIN, "detect")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("values", "test"),
    [
        (BASE.tolist(), "ks"),
        ([float(i) for i in range(500)], "ks"),
        (["a", "b"] * 250, "kl"),
        ([True, False] * 250, "kl"),
        ([1, 2, 3, 4, 5] * 100, "kl"),
        (list(range(500)), "ks"),
    ],
)
def test_the_reference_chooses_the_test(form, values, test, plain):
    """A user's categories would be compared as measurements, or the reverse."""
    value, facts = plain.observed(FORMS[form](values), FORMS[form](values))
    assert (value, facts["test"], facts["status"]) == (False, test, "ok")


def test_numbers_beside_missing_values(plain):
    """A user with gaps in the data would get another verdict than without."""
    current = [None, float("nan"), *BASE[:250].tolist()]
    value, facts = plain.observed(current, [*BASE[250:].tolist(), None])
    assert (value, facts["test"]) == (False, "ks")
    assert (facts["n_current"], facts["n_reference"]) == (250, 250)


def test_whole_numbers_with_a_gap_stay_categories():
    """A pandas column of codes with one gap is floats: its test would change."""
    column = pd.Series([1, 2, None, 3, 1, 2] * 20)
    assert kind_of(column, max_categories=20) == "categorical"
    assert kind_of(column, max_categories=2) == "continuous"


def test_mixed_types_are_categories(plain):
    """A user with a dirty column would get an exception and no verdict."""
    value, facts = plain.observed(["n/a", 1, 2.5] * 50, ["n/a", 1, 2.5] * 50)
    assert (value, facts["test"]) == (False, "kl")


def test_ids_are_not_drift(plain):
    """A user's id column would alert every day: each day has new ids."""
    today = [f"id-{i}" for i in range(1000)]
    with pytest.warns(PoetWarning, match="cannot tell"):
        value, facts = plain.observed(today, [f"id-{i}" for i in range(5000, 6000)])
    assert (value, facts["status"]) == (False, "insufficient_data")


def test_a_long_tail_does_not_alert_but_a_new_category_does(plain):
    """A user would drown in alerts from rare categories, or miss a new common one."""
    rare = ["x"] * 500 + [f"a{i}" for i in range(100)]
    value, _ = plain.observed(["x"] * 500 + [f"b{i}" for i in range(100)], rare)
    assert value is False
    value, _ = plain.observed(["x"] * 300 + ["new"] * 300, rare)
    assert value is True


def test_too_little_data_is_said_aloud(plain):
    """A user would read "no drift" from a night without traffic."""
    for current in ([], [1.0, 2.0], [float("nan")] * 500):
        with pytest.warns(PoetWarning, match="detect cannot tell whether there is drift"):
            value, facts = plain.observed(current, BASE.tolist())
        assert value is False
        assert facts["status"] == "insufficient_data"
        assert facts["p_value"] is None


def test_none_where_the_annotation_allows_it(tmp_path):
    """A user who left room for "unknown" would get False instead."""
    user = FUNCTIONS["reversed_optional_bool"]
    made = make(tmp_path, user.text, user.name)
    assert made.detector(BASE.tolist(), [1.0]) is None
    assert made.detector(BASE.tolist(), BASE.tolist()) is False


def test_a_large_sample_of_a_tiny_shift_is_no_drift(plain):
    """A user with a million rows would get an alert for every rounding change."""
    a, b = RNG.normal(0, 1, 50_000), RNG.normal(0.15, 1, 50_000)
    value, facts = plain.observed(b, a)
    assert value is False
    assert facts["p_value"] < 1e-6
    assert facts["status"] == "warning"


def test_levels_of_the_call_decide(tmp_path):
    """A user's own threshold would be ignored."""
    user = FUNCTIONS["own_keys"]
    made = make(tmp_path, user.text, user.name)
    old, new = BASE.tolist(), (BASE + 0.6).tolist()
    assert made.detector(old, new, threshold=0.1)["drift_detected"] is True
    assert made.detector(old, new, threshold=0.9)["drift_detected"] is False
    assert made.detector(old, new, 0.9)["threshold"] == 0.9
    with pytest.raises(ValueError, match="between 0 and 1"):
        made.detector(old, new, threshold=25)


def test_the_users_own_keys_stay(tmp_path):
    """A user's dashboards would lose the numbers they compute themselves."""
    user = FUNCTIONS["own_keys"]
    made = make(tmp_path, user.text, user.name)
    old, new = [1.0] * 50, [3.0] * 50
    found, kept = made.detector(old, new), made.baseline(old, new)
    assert list(found) == list(kept)
    assert found["mean_shift"] == kept["mean_shift"] == 2.0


def test_the_level_of_the_baseline_is_read(tmp_path):
    """A user who compares p with 0.01 would get five times the false alarms."""
    user = FUNCTIONS["dict_call"]
    made = make(tmp_path, user.text, user.name)
    assert made.recipe.params["alert_threshold"] == 0.01
    assert any("0.01" in note for note in made.recipe.notes)
    assert made.detector(BASE, BASE + 3)["status"] == "drift"
    assert made.detector(BASE, BASE)["status"] == "stable"


def test_one_bad_column_stops_no_other(tmp_path):
    """A user would lose the whole report to one column that was renamed."""
    user = FUNCTIONS["per_column_bool"]
    made = make(tmp_path, user.text, user.name)
    then = pl.DataFrame({"x": BASE, "gone": BASE, "kind": ["a", "b"] * 250})
    now = pl.DataFrame({"x": BASE + 3, "kind": ["a", "b"] * 250, "extra": BASE})
    with pytest.warns(PoetWarning, match="gone"):
        value, facts = made.observed(then, now)
    assert value == {"x": True, "gone": False, "kind": False}
    assert facts["columns"]["gone"]["status"] == "error"
    assert facts["columns"]["kind"]["test"] == "kl"
    assert (facts["status"], facts["drifted_columns"]) == ("drift", ["x"])


def test_many_columns_share_the_level(tmp_path):
    """A user with a hundred columns would get five alerts a day from nothing."""
    user = FUNCTIONS["overall"]
    made = make(tmp_path, user.text, user.name, config={"min_effect": 0.0})
    draw = np.random.default_rng(1)
    alerts = 0
    for _ in range(20):
        then, now = (pd.DataFrame(draw.normal(size=(60, 40))) for _ in range(2))
        alerts += made.detector(then, now)
    assert alerts <= 3
    eager = make(tmp_path, user.text, user.name, optimize_for="recall")
    assert "column_level" not in eager.recipe.source


def test_no_columns_are_not_no_drift(tmp_path):
    """A user whose frame came empty would read "no drift"."""
    user = FUNCTIONS["overall"]
    made = make(tmp_path, user.text, user.name)
    with pytest.warns(PoetWarning):
        value, facts = made.observed(pd.DataFrame(), pd.DataFrame())
    assert (value, facts["status"]) == (False, "insufficient_data")


def test_a_dataclass_is_built_by_its_own_class(tmp_path):
    """A user's ``isinstance`` and methods would stop working."""
    user = FUNCTIONS["dataclass"]
    made = make(tmp_path, user.text, user.name)
    report = made.detector(BASE.tolist(), (BASE + 2).tolist())
    assert isinstance(report, made.module.DriftReport)
    assert (report.drifted, report.method, report.note) == (True, "ks", "500 rows")
    with pytest.warns(PoetWarning, match="1 and 500 usable values"):
        few = made.detector(BASE.tolist(), [1.0])
    assert few.p_value is None


def test_parts_that_are_not_needed_are_left_out(tmp_path):
    """A reviewer would read code that can never run."""
    numbers = make(tmp_path, FUNCTIONS["keyword_only"].text, "check_scores")
    assert "kl_divergence" not in numbers.recipe.source
    assert "kind_of" not in numbers.recipe.source
    texts = make(tmp_path, FUNCTIONS["typed_dict"].text, "check")
    assert "ks_2samp" not in texts.recipe.source


def test_objectives_that_change_nothing_say_so(tmp_path):
    """A user would believe in an optimisation that did not happen."""
    made = make(tmp_path, PLAIN, "detect", optimize_for="latency")
    assert any(note.startswith("latency: changes nothing") for note in made.recipe.notes)


def test_dates_are_refused_with_a_way_out(plain):
    """A user would get a verdict on timestamps, which only ever grow."""
    days = pl.Series([dt.date(2024, 1, 1)] * 50)
    with pytest.raises(StatsInputError, match="neither a measurement nor a category"):
        plain.detector(days, days)


def test_missing_column_names_the_nearest():
    """A user would search for a typing error without a hint."""
    with pytest.raises(StatsInputError, match="did you mean 'amount'"):
        column_of(pl.DataFrame({"amount": [1]}), "amonut")


def test_merge_rare_keeps_the_totals():
    """A user's sample sizes would shrink with the rare categories."""
    current, reference = merge_rare({"a": 90, "b": 1, "c": 2}, {"a": 80, "d": 3})
    assert current == {"a": 90, None: 3}
    assert reference == {"a": 80, None: 3}
    assert merge_rare({"a": 1}, {"b": 1}) == ({}, {})


def test_importing_the_domain_is_light():
    """A user's program would start seconds later for a plugin it may not use."""
    code = (
        "import sys, poet_domain_ml_monitoring as d; d.poet_register_domains(lambda x: None);"
        "print([m for m in ('numpy', 'polars', 'scipy', 'pandas') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_hook_registers_the_domain():
    """A user would be told that there is no domain ``ml_monitoring``."""
    import pluggy

    import poet_domain_ml_monitoring
    from poet import hookspecs

    manager = pluggy.PluginManager("poet")
    manager.add_hookspecs(hookspecs)
    manager.register(poet_domain_ml_monitoring)
    found = []
    manager.hook.poet_register_domains(register=found.append)
    assert [d.name for d in found] == ["ml_monitoring"]


def test_a_ks_key_holds_no_g_statistic(tmp_path):
    """A user would plot a G statistic of 80 on an axis that ends at 1."""
    text = "def f(ref, cur):\n    return {'ks_statistic': 0.0, 'statistic': 0.0, 'drift': False}\n"
    made = make(tmp_path, text, "f")
    found = made.detector(["a"] * 90 + ["b"] * 10, ["a"] * 30 + ["b"] * 70)
    assert found["ks_statistic"] == pytest.approx(0.6)
    assert found["statistic"] > 70


def test_text_in_a_column_of_numbers_is_an_error(tmp_path):
    """A user would read "no drift" off a batch that cannot be compared."""
    made = make(tmp_path, PLAIN, "detect")
    with pytest.raises(StatsInputError):
        made.detector(["n/a", *BASE.tolist()], BASE.tolist())
    user = FUNCTIONS["overall_dict"]
    frames = make(tmp_path, user.text, user.name)
    with pytest.warns(PoetWarning, match="unreadable"):
        value, facts = frames.observed(pl.DataFrame({"x": BASE}), pl.DataFrame({"x": ["y"] * 500}))
    assert (value["drift"], facts["status"]) == (False, "error")
