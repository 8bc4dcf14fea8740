"""Time beside the parent: a candidate that is surely slower is refused, and equal code is not."""

from __future__ import annotations

import random

import pytest

from poet.codec import encode
from poet.gate.inputs import Input
from poet.gate.scoring import time_pairs
from poet.gate.scoring.paired import judge_times
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

APP = """
    from poet import poet

    @poet()
    def check(x: float) -> dict:
        return {"drift": x > 1}
"""


def drawn(seed, ratio, groups=48, spread=0.2, worker=0.03):
    """Draw seconds of two workers of each code: noise of each call, and of each worker."""
    draw = random.Random(seed)
    own = [draw.gauss(0, worker) for _ in range(4)]
    scale = (1, ratio, 1, ratio)
    return [
        [
            0.002 * s * 2.718 ** (o + draw.gauss(0, spread) + (draw.random() < 0.05))
            for s, o in zip(scale, own, strict=True)
        ]
        for _ in range(groups)
    ]


@pytest.mark.parametrize(("ratio", "most"), [(1.0, 0), (1.2, 12)])
def test_code_that_takes_no_longer_than_it_may_is_not_refused(ratio, most):
    """A better version would be declined because the machine was busy."""
    said = [judge_times(drawn(s, ratio), 1.2, 1e-4, 1).verdict for s in range(400)]
    assert said.count("slower") <= most


@pytest.mark.parametrize("ratio", [1.6, 3.0])
def test_code_that_takes_longer_is_refused(ratio):
    """A version that crawls would be promoted, for it is right more often."""
    said = [judge_times(drawn(s, ratio), 1.2, 1e-4, 1) for s in range(100)]
    assert sum(t.verdict == "slower" for t in said) >= 99
    assert all("at most 1.2 times" in t.why for t in said if t.verdict == "slower")


def test_workers_of_one_code_that_lie_apart_leave_it_open():
    """A worker on a slow core would make its code slow."""
    times = [[0.002, 0.006, 0.006, 0.006] for _ in range(48)]
    found = judge_times(times, 1.2, 1e-4, 1)
    assert found.verdict == "within"
    assert found.noise > 2.9


def test_what_no_clock_can_tell_is_no_difference():
    """A function of a microsecond would be refused for what the question costs."""
    found = judge_times([[1e-6, 9e-6, 1e-6, 9e-6]] * 48, 1.2, 1e-4, 1)
    assert found.verdict == "within"
    assert judge_times([], 1.2, 1e-4, 1).verdict == "not measured"


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = Project(tmp_path_factory.mktemp("paired")).write({"app.py": APP}).folder
    return spec_for(folder / "app.py", "check", Options())[0]


def timed(spec, parent, candidate, count=64):
    inputs = [
        Input(str(n), "recorded", encode([n / 9]), encode({}), "", False) for n in range(count)
    ]
    return time_pairs(parent, candidate, spec, inputs, "app", limit=1.2)


def work(steps, then='return {"drift": x > 1}'):
    return f"def check(x: float) -> dict:\n    sum(range({steps}))\n    {then}\n"


def test_workers_are_timed_by_the_processor(spec):
    """Two milliseconds that become six would pass, or equal code fail, as the machine pleases."""
    slow = timed(spec, work(100_000), work(300_000))
    assert slow.verdict == "slower"
    assert slow.clock == "processor"
    assert slow.ratio is not None
    assert 2 < slow.ratio < 4.5
    same = timed(spec, work(100_000), work(100_000) + "\n# the same\n")
    assert same.verdict == "within"
    assert same.groups >= 12


def test_code_that_sleeps_is_timed_by_the_wall(spec):
    """A version that waits for something would look as fast as one that does not."""
    sleeps = "import time\n" + work(1, 'time.sleep(0.02)\n    return {"drift": x > 1}')
    found = timed(spec, work(100_000), sleeps, count=20)
    assert (found.verdict, found.clock) == ("slower", "wall")


def test_function_as_written_is_a_parent(spec):
    """The first version of a function could not be compared with what it replaces."""
    assert timed(spec, None, work(400_000)).verdict == "slower"


def test_candidate_that_ends_its_process_is_named(spec):
    """It would count as not measured, and be promoted."""
    dies = work(1, 'import os; os._exit(3) if x > 5 else None; return {"drift": x > 1}')
    found = timed(spec, work(1), dies)
    assert found.verdict == "lost"
    assert "ended the process" in found.why
    assert timed(spec, work(1), "def check(", count=20).verdict == "not measured"
