"""The p-values of shares and of extremes, in front of SciPy and of simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from poet_domain_ml_monitoring.monitor._exact import at_least_marked, beyond_edge, share_differs


@given(st.data())
def test_tail_is_never_below_the_exact_one(data: st.DataObject) -> None:
    """A p-value below the exact one would be a false alarm that nobody promised."""
    total = data.draw(st.integers(2, 10**7))
    marked = data.draw(st.integers(0, total))
    draws = data.draw(st.integers(0, total))
    k = data.draw(st.integers(0, min(draws, marked)))
    found = float(at_least_marked(k, draws, marked, total)[()])
    exact = float(hypergeom.sf(k - 1, total, marked, draws))
    if exact < 1e-280:
        assert found < 1e-270
    elif k * total > draws * marked:
        assert found >= exact * (1 - 1e-6)
        if exact < 0.01:
            assert found <= exact * 1.15 + 1e-300
    else:
        assert found == 1


@pytest.mark.parametrize(
    "counts", [(3, 50, 0, 50), (12, 40, 2, 60), (0, 100, 9, 100), (1, 4, 2, 5)]
)
def test_shares_are_fishers_test_doubled(counts: tuple[int, int, int, int]) -> None:
    """A share of missing values would be judged by another test than the one that is named."""
    hits, n, other, m = counts
    tail = min(
        fisher_exact([[hits, n - hits], [other, m - other]], alternative=side).pvalue
        for side in ("less", "greater")
    )
    found = share_differs(*(np.array([value]) for value in counts))
    assert found[0] == pytest.approx(min(1, 2 * tail), rel=1e-6)


def test_nothing_beyond_the_edge_is_certain() -> None:
    """A window within the range would take part in the adjustment as if it were a surprise."""
    none = np.zeros(1)
    assert beyond_edge(none, none + 100, none + 100, none + 1)[0] == 1


@pytest.mark.parametrize("edge", [1, 4])
def test_values_beyond_an_edge_are_as_probable_as_they_occur(edge: int) -> None:
    """The range check would raise more, or fewer, false alarms than it says."""
    g = np.random.default_rng(edge)
    n, m, draws = 40, 60, 20_000
    current, reference = g.random((draws, n)), g.random((draws, m))
    bound = np.sort(reference, axis=1)[:, -edge]
    beyond = (current > bound[:, None]).sum(axis=1)
    ones = np.ones(draws)
    p_value = beyond_edge(beyond, n * ones, m * ones, edge * ones)
    for k in range(1, 7):
        simulated = float((beyond >= k).mean())
        stated = float(beyond_edge(*(np.array([v]) for v in (k, n, m, edge)))[0])
        error = 4 * (simulated * (1 - simulated) / draws) ** 0.5 + 1e-4
        assert abs(stated - simulated) < error or stated == 1
    assert (p_value <= 0.01).mean() <= 0.0125
