"""The number of categories of a window against what its size makes of the reference."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from poet_domain_ml_monitoring.quality import cardinality_change

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), max_size=8)


@given(current=COUNTS, reference=COUNTS)
@settings(max_examples=200)
def test_the_expected_number_is_that_of_a_random_part(
    current: dict[str, int], reference: dict[str, int]
) -> None:
    """Small windows have fewer categories than large references: that alone would be drift."""
    found = cardinality_change(current, reference)
    n, m = sum(current.values()), sum(reference.values())
    assert found.observed == sum(count > 0 for count in current.values())
    assert 0 <= found.p_value <= 1
    assert 0 <= found.effect_size <= 1
    if not n or not m:
        assert (found.p_value, found.effect_size) == (1, 0)
        return
    totals = [current.get(name, 0) + reference.get(name, 0) for name in current | reference]
    expected = sum(1 - hypergeom.pmf(0, n + m, total, n) for total in totals)
    assert found.expected == pytest.approx(expected, rel=1e-9)


def test_chance_alone_is_seldom_improbable() -> None:
    """Ids that come and go would raise an alarm every day."""
    rng = np.random.default_rng(5)
    names = [f"user {i}" for i in rng.zipf(1.4, 3_000) % 1_000]
    alarms = 0
    for _ in range(200):
        rng.shuffle(names)
        found = cardinality_change(Counter(names[:500]), Counter(names[500:]))
        alarms += found.p_value < 0.05
    assert alarms <= 10
