"""Candidates are put in order by what the user asked for, and only a real gain is called better."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.gate.scoring.ranking import Score, _dominates, _parts, better, rank

SHARE = {"direction": "maximize", "weight": 1.0, "target": None, "unit": ""}
TIME = {"direction": "minimize", "weight": 1.0, "target": None, "unit": "ms"}


def share(value, noise=0.0, **more):
    return Score(**{"objective": "accuracy", "value": value, "noise": noise, **SHARE, **more})


def time(value, noise=0.0, **more):
    return Score(**{"objective": "latency", "value": value, "noise": noise, **TIME, **more})


def test_the_weights_decide():
    """A user who asks for accuracy would get the fastest wrong answer."""
    right, fast = [share(0.9, weight=3.0), time(4.0)], [share(0.5, weight=3.0), time(2.0)]
    assert rank([fast, right]).order == (1, 0)
    light = [[s._replace(weight=0.5), other] for s, other in (fast, right)]
    assert rank(light).order == (0, 1)
    assert rank([fast, right]).pareto == (1, 0)


def test_beyond_the_target_there_is_no_more_credit():
    """Speed that nobody needs would be bought with accuracy."""
    exact, fast = [share(0.9), time(9.0, target=10.0)], [share(0.8), time(0.1, target=10.0)]
    assert rank([fast, exact]).order == (1, 0)
    assert rank([fast, exact]).pareto == (1,)
    assert better(exact, fast)[0]
    assert not better([time(1.0, target=10.0)], [time(9.0, target=10.0)])[0]


def test_runs_on_a_slower_moment_are_compared_by_their_reference():
    """A candidate would lose because the machine was busy while it was measured."""
    quiet, busy = [time(8.0, against=10.0)], [time(15.0, against=30.0)]
    assert rank([quiet, busy]).order == (1, 0)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_missing_figure_is_never_better(missing):
    """A candidate whose figure was lost would replace a version that was measured."""
    assert not better([time(missing)], [time(5.0)])[0]
    assert not better([time(5.0)], [time(missing)])[0]
    assert not better([], [time(5.0)])[0]
    assert rank([[time(missing)], [time(5.0)]]).order == (1, 0)
    assert rank([[time(missing, against=4.0)], [time(5.0, against=4.0)]]).pareto[0] == 1
    said, why = better([share(1.0), time(missing, why="it hung")], [share(0.5), time(5.0)])
    assert not said
    assert "it hung" in why


def test_a_difference_within_the_noise_is_none():
    """Chance would promote a version."""
    assert not better([time(4.0, 2.0)], [time(5.0, 0.1)])[0]
    assert better([time(4.0, 0.5)], [time(5.0, 0.5)])[0]
    assert not better([share(0.9)], [share(0.9)])[0]


def test_a_gain_must_outweigh_what_is_lost():
    """A little accuracy would be bought with any amount of time."""
    said, why = better([share(0.91), time(50.0)], [share(0.9), time(1.0)])
    assert not said
    assert "weighs no more" in why
    assert better([share(0.99), time(1.02)], [share(0.5), time(1.0)])[0]


def test_a_function_that_does_nothing_does_not_win_by_its_speed():
    """Against a stub of a microsecond no real work could ever be better."""
    work = [share(0.95, weight=0.6), time(0.5, weight=0.1)]
    stub = [share(0.4, weight=0.6), time(0.0005, weight=0.1)]
    assert better(work, stub)[0]
    assert rank([stub, work]).order == (1, 0)


def test_the_lines_say_what_was_and_what_was_not_measured():
    """A reader of the summary could not tell why a candidate was chosen."""
    found = rank([[share(0.9, 0.01), time(None, why="no input")], [share(0.8), time(2.5, 0.1)]])
    assert found.lines[0].startswith(f"1. candidate {found.order[0] + 1} (")
    text = "\n".join(found.lines)
    assert "latency not measured: no input" in text
    assert "latency 2.5 ms ± 0.1" in text
    assert "accuracy 0.9 ± 0.01" in text


FIGURES = st.one_of(
    st.none(), st.just(math.nan), st.floats(0, 100), st.sampled_from([0.0, 0.5, 1.0, 2.0])
)


@st.composite
def candidates(draw, least=1):
    """Draw scores of several candidates at the same objectives."""
    heads = [
        Score(
            f"o{n}", None, 0.0, draw(st.sampled_from(["maximize", "minimize"])),
            draw(st.floats(0.01, 10)), draw(st.one_of(st.none(), st.floats(0, 50))),
            draw(st.sampled_from(["", "ms"])),
        )
        for n in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    beside = draw(st.booleans())

    def one():
        return [
            h._replace(
                value=draw(FIGURES), noise=draw(st.sampled_from([0.0, 0.1, 1.0, math.inf, math.nan])),
                against=draw(st.floats(0.1, 50)) if beside else None,
            )
            for h in heads
        ]  # fmt: skip

    return [one() for _ in range(draw(st.integers(least, 6)))]


@given(candidates(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_who_came_first(scored, random):
    """The same candidates would be promoted or not by the order of their answers."""
    first = rank(scored)
    assert sorted(first.order) == list(range(len(scored)))
    shuffled = list(range(len(scored)))
    random.shuffle(shuffled)
    second = rank([scored[i] for i in shuffled])
    sums = [line.partition("(")[2].split(",")[0].split(")")[0] for line in first.lines]
    assert sums == [line.partition("(")[2].split(",")[0].split(")")[0] for line in second.lines]
    assert sums == sorted(sums, key=float, reverse=True)
    assert set(first.pareto) == {shuffled[i] for i in second.pareto}


@given(candidates())
def test_the_first_of_the_order_is_dominated_by_none(scored):
    """The version chosen could be worse than another at everything."""
    found = rank(scored)
    assert found.order[0] in found.pareto
    assert [i for i in found.order if i in found.pareto] == list(found.pareto)


@given(candidates(least=3))
def test_dominance_is_transitive_and_has_no_circles(scored):
    """A Pareto set of candidates that all dominate each other would be empty."""
    columns = [_parts(list(column)) for column in zip(*scored, strict=True)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    for a, b, c in itertools.product(range(len(rows)), repeat=3):
        if _dominates(rows[a], rows[b]) and _dominates(rows[b], rows[c]):
            assert _dominates(rows[a], rows[c])
            assert a != c
    assert rank(scored).pareto


@given(candidates(least=2))
def test_of_two_not_both_are_better(scored):
    """Two versions would replace each other for ever."""
    one, other = ([s._replace(against=None) for s in scores] for scores in scored[:2])
    assert not (better(one, other)[0] and better(other, one)[0])
    assert not better(one, one)[0]
