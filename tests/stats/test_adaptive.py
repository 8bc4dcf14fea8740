"""ADWIN and Page-Hinkley: River's detections, batches, missing values, saved states.

The indexes are those of River 0.26.1 (one ``update`` a value, noting where ``drift_detected`` was
true) on ``random.Random(seed)`` streams; more of them stand beside the kernels.
"""

import math
import pickle
import random
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poet.errors import StatsInputError
from poet.stats import ADWIN, PageHinkley

pd = pytest.importorskip("pandas")

GOLDEN = [
    (1, [1023, 2047, 3039], [1011, 2036, 3009]),
    (7, [1023, 2047, 3039], [1018, 2039, 3015]),
    (42, [1023, 2047, 3039], [1010, 2048, 3009]),
]


def stream(seed):
    rng = random.Random(seed)
    return [rng.random() + (0.0, 0.7, 0.3, 1.5)[i // 1_000] for i in range(4_000)]


@pytest.mark.parametrize(("seed", "adwin", "hinkley"), GOLDEN)
def test_detections_are_rivers(seed, adwin, hinkley):
    """Otherwise a team that comes from River gets other alarms from the same stream."""
    values = stream(seed)
    assert ADWIN().push(values).tolist() == adwin
    assert PageHinkley(threshold=20).push(values).tolist() == hinkley


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 1_500), max_size=4),
    st.sampled_from([lambda: ADWIN(delta=0.05, clock=4), lambda: PageHinkley(threshold=3)]),
)
def test_batches_single_values_and_restarts_give_the_same(seed, cuts, make):
    """Otherwise batch size or a restart of the service decides about an alarm."""
    rng = np.random.default_rng(seed)
    values = rng.random(1_500) + np.repeat(rng.random(6), 250)
    whole, single, parts = make(), make(), make()
    found = whole.push(values).tolist()
    assert [i for i, value in enumerate(values) if single.push_one(value)] == found
    pieces, again = sorted({0, *cuts, 1_500}), []
    for start, end in pairwise(pieces):
        holes = np.insert(values[start:end], 0, np.nan)
        again += (parts.push(holes) + start - 1).tolist()
        parts = pickle.loads(pickle.dumps(parts))
    assert again == found
    assert parts.state() == whole.state() == single.state()
    assert (whole.n_current, whole.n_detections) == (1_500, len(found))


def test_the_window_is_described():
    """Otherwise the mean that an alarm is explained with is not that of the window."""
    detector = ADWIN()
    assert math.isnan(detector.mean)
    values = np.random.default_rng(3).random(500)
    detector.push(values)
    assert detector.width == 500
    assert detector.mean == pytest.approx(values.mean(), rel=1e-12)
    # The paper's merging of runs loses nothing: sums of squares are exact but for rounding.
    assert detector.variance == pytest.approx(values.var(), rel=1e-12)
    hinkley = PageHinkley()
    hinkley.push(values)
    assert hinkley.mean == pytest.approx(values.mean(), rel=1e-12)
    assert not hinkley.drift_detected


@given(st.data(), st.sampled_from([ADWIN, PageHinkley]))
def test_a_damaged_or_foreign_state_is_an_error(data, made):
    """Otherwise a cut file resumes as some other detector."""
    detector = made()
    detector.push(np.arange(40.0))
    state = bytearray(detector.state())
    at = data.draw(st.integers(0, len(state) - 1))
    if data.draw(st.booleans()):
        state[at] ^= data.draw(st.integers(1, 255))
    else:
        del state[at:]
    with pytest.raises(StatsInputError, match="cannot be resumed"):
        made.resume(bytes(state))
    other = PageHinkley if made is ADWIN else ADWIN
    with pytest.raises(StatsInputError, match="another kind"):
        other.resume(detector.state())


@pytest.mark.parametrize(
    "call",
    [
        lambda: ADWIN(delta=0),
        lambda: ADWIN(delta=math.nan),
        lambda: ADWIN(clock=0),
        lambda: ADWIN(max_buckets=1),
        lambda: ADWIN(min_window_length=0),
        lambda: ADWIN(grace_period=-1),
        lambda: PageHinkley(mode="sideways"),
        lambda: PageHinkley(threshold=math.inf),
        lambda: PageHinkley(alpha=1.5),
        lambda: PageHinkley(delta="x"),
        lambda: PageHinkley(delta="1"),
        lambda: PageHinkley(delta=-0.1),
        lambda: PageHinkley(threshold=-1),
        lambda: ADWIN(delta=None),
        lambda: ADWIN().push_one([1.0]),
        lambda: ADWIN().push([1.0, math.inf]),
        lambda: ADWIN().push_one(math.inf),
        lambda: PageHinkley().push_one("x"),
        lambda: ADWIN().push([2**53 + 1]),
    ],
)
def test_what_cannot_be_is_refused(call):
    """Otherwise one infinite value silences the detector for good, or a setting means nothing."""
    with pytest.raises(StatsInputError) as caught:
        call()
    assert str(caught.value).count("POET801") == 1


@pytest.mark.parametrize("make", [ADWIN, PageHinkley])
@pytest.mark.parametrize("missing", [None, math.nan, np.nan, Decimal("NaN"), pd.NA])
def test_a_missing_value_is_passed_over(make, missing):
    """Otherwise one lost reading would stop the monitor of a live stream."""
    one, batch = make(), make()
    found = [one.push_one(value) for value in (1.0, missing, 2)]
    assert (found, one.n_current) == ([False] * 3, 2)
    batch.push([1.0, missing, 2])
    assert one.state() == batch.state()
