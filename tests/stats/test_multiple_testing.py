"""Adjusted p-values against SciPy, and at their edges."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import benjamini_hochberg

P_VALUES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.05, 1.0]), max_size=50)

# Table 1 of Benjamini and Hochberg (1995): fifteen hypotheses of which four are rejected at 0.05.
PAPER = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_the_example_of_the_paper():
    """Otherwise every test against SciPy might share one misunderstanding with it."""
    found = benjamini_hochberg(PAPER)
    assert found.rejected.tolist() == [True] * 4 + [False] * 11
    assert (found.n_tests, found.n_rejected, found.alpha) == (15, 4, 0.05)


@given(P_VALUES)
def test_adjusted_p_values_are_scipys(p_values):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    found = benjamini_hochberg(p_values)
    peer = stats.false_discovery_control(p_values) if p_values else []
    assert found.p_adjusted == pytest.approx(peer, rel=1e-14, abs=0)


@given(P_VALUES, st.floats(0.001, 0.999))
def test_rejections_are_those_of_the_step_up_rule(p_values, alpha):
    """Otherwise decisions would not follow the rule that the error rate was proved for."""
    found = benjamini_hochberg(p_values, alpha)
    below = [i for i, p in enumerate(sorted(p_values), 1) if p * (len(p_values) / i) <= alpha]
    cut = sorted(p_values)[below[-1] - 1] if below else -1
    assert found.rejected.tolist() == [p <= cut for p in p_values]


@given(P_VALUES, st.integers(1, 10), st.randoms(use_true_random=False))
def test_missing_p_values_change_nothing(p_values, missing, random):
    """Otherwise columns with too little data would weaken the tests of all others."""
    with_holes = p_values + [math.nan] * missing
    random.shuffle(with_holes)
    found = benjamini_hochberg(with_holes)
    kept = [p for p in with_holes if not math.isnan(p)]
    at = np.isnan(with_holes)
    assert np.isnan(found.p_adjusted).tolist() == at.tolist()
    assert not found.rejected[at].any()
    assert found.p_adjusted[~at].tolist() == benjamini_hochberg(kept).p_adjusted.tolist()
    assert found.n_tests == len(p_values)


def test_every_kind_of_column():
    """Otherwise a missing p-value would shift the results of the columns after it."""
    want = [0.03, 0.8, math.nan, 0.03]
    plain = [0.01, 0.8, None, 0.02]
    for values in [
        plain,
        tuple(plain),
        pl.Series(plain),
        pd.Series(plain),
        np.array(plain, object),
        np.array([0.01, 0.8, np.nan, 0.02]),
        np.ma.masked_invalid([0.01, 0.8, np.nan, 0.02]),
    ]:
        found = benjamini_hochberg(values).p_adjusted
        assert found == pytest.approx(want, rel=1e-14, nan_ok=True)


def test_no_p_value_is_no_verdict():
    """Otherwise a report without any test would read as "nothing found"."""
    for values in [[], [math.nan, None]]:
        found = benjamini_hochberg(values)
        assert (found.status, found.n_tests, found.n_rejected) == ("insufficient_data", 0, 0)


@pytest.mark.parametrize(
    "values", [[1.1], [-0.1], [0.5, math.inf], ["0.5"], [[0.5]], 0.5, "0.5", np.array("0.5")]
)
def test_what_is_no_p_value_is_refused(values):
    """Otherwise statistics passed for p-values would give rejections."""
    with pytest.raises(StatsInputError, match="p_values"):
        benjamini_hochberg(values)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, math.nan, "0.05", None])
def test_alpha_is_checked(alpha):
    """Otherwise a rate in percent would reject everything."""
    with pytest.raises(StatsInputError, match="alpha"):
        benjamini_hochberg([0.5], alpha)


def test_input_is_left_as_it_was():
    """Otherwise a user's p-values would come back sorted."""
    values = np.array([0.5, 0.1, np.nan])
    before = values.tobytes()
    benjamini_hochberg(values)
    assert values.tobytes() == before
