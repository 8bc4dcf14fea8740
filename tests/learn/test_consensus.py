"""What sources say together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.learn import Reliability, agreed, chance_of, reliabilities

names = st.sampled_from(["ann", "bob", "cyd", "dan"])
said = st.dictionaries(names, st.booleans(), min_size=1)


def test_one_voice_is_believed_and_two_are_believed_more() -> None:
    """A single user could teach nothing."""
    one, sure_of_one = agreed({"ann": False}, {})
    two, sure_of_two = agreed({"ann": False, "bob": False}, {})
    assert (one, two) == (False, False)
    assert 0.9 < sure_of_one < sure_of_two < 1


def test_two_who_differ_contradict_each_other() -> None:
    """Whoever speaks last would win."""
    assert agreed({"ann": True, "bob": False}, {})[0] is None
    assert agreed({"ann": True, "bob": False, "cyd": False}, {})[0] is False


def _world(wrong: dict[str, float], always: dict[str, bool], n: int) -> list[dict[str, bool]]:
    draw = random.Random(5)
    found = []
    for _ in range(n):
        truth = draw.random() < 0.5
        votes = {}
        for source in draw.sample(sorted(wrong), 2):
            says = truth ^ (draw.random() < wrong[source])
            votes[source] = always.get(source, says)
        found.append(votes)
    return found


def test_who_is_often_wrong_is_found_out() -> None:
    """20 % wrong labels would count as much as right ones."""
    known = reliabilities(_world({"ann": 0.0, "bob": 0.0, "cyd": 0.3}, {}, 300))
    assert known["cyd"].yes == pytest.approx(0.7, abs=0.12)
    assert min(known["ann"]) > 0.9
    assert agreed({"cyd": True, "ann": False}, known)[0] is False


@pytest.mark.parametrize("lie", [True, False])
def test_who_always_says_the_same_tells_nothing(lie: bool) -> None:
    """One hostile source would steer what becomes of a function."""
    votes = _world({"ann": 0.0, "bob": 0.0, "eve": 0.0}, {"eve": lie}, 200)
    known = reliabilities(votes)
    assert chance_of({"eve": lie}, known) == pytest.approx(0.5, abs=0.1)
    assert agreed({"eve": lie, "ann": not lie}, known)[0] is (not lie)


def test_who_lies_always_is_not_read_backwards() -> None:
    """A liar who stops lying would be believed the opposite."""
    known = {"eve": Reliability(0.1, 0.1)}
    assert chance_of({"eve": True}, known) == 0.5
    assert agreed({"eve": True}, known)[0] is None


@given(st.lists(said, max_size=40))
def test_figures_are_shares_and_order_does_not_matter(votes: list[dict[str, bool]]) -> None:
    """The same feedback in another order would give another decision."""
    known = reliabilities(votes)
    assert set(known) == {s for v in votes for s in v}
    assert all(0 <= x <= 1 for r in known.values() for x in r)
    again = reliabilities(reversed(votes))
    for source, figures in known.items():
        assert again[source] == pytest.approx(figures, abs=1e-9)
    for v in votes:
        flipped = {s: not x for s, x in v.items()}
        assert chance_of(v, {}) == pytest.approx(1 - chance_of(flipped, {}), abs=1e-9)
