"""How long two codes take for the same calls, and whether one is faster beyond the noise.

Two codes are timed in one run, each in many fresh workers, in the order A B B A A B B A …: so a
machine that grows slower or faster meets both alike. In a worker each input is used once, after a
few others that warm it up; a memory of earlier arguments gains nothing. Arguments are decoded before
the clock starts, results are thrown away, and no worker is asked what time it is: the parent reads
its own clock and what the kernel counts of the worker. Code that never sleeps or waits is measured by
its processor time, other code by the time that passes, without that in which the worker stood in line
for a processor; so other work on the machine matters less. What the question itself costs, with no
call in it, is measured in each worker and taken off.

**When "faster" is said.** Neighbours in the order, one worker of each code, are a pair; its figure is
the logarithm of the ratio of their times (the median over a few groups of inputs). If the codes are
equally fast, exchanging the two workers of a pair changes nothing, so the figures are spread evenly
about 0, whatever the noise is like, heavy tails included. Then Wilcoxon's signed-rank statistic has
a known distribution, and from the averages of all pairs of figures (Walsh averages) follow an
estimate of the ratio, their median, and an interval that covers it with a known probability
(F. Wilcoxon, Biometrics Bulletin 1, 1945; J. L. Hodges and E. L. Lehmann, Ann. Math. Stat. 34, 1963;
M. Hollander, D. A. Wolfe, E. Chicken, Nonparametric Statistical Methods, 3rd ed., ch. 3). Its lower
end lies above 0 for at most ``ALPHA`` of pairs of equal codes. Neighbours of the *same* code are
compared in the same way: that interval is what the machine makes of no difference at all in this
run, and the estimate must lie beyond that as well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from statistics import median
from typing import Any, NamedTuple, TypeVar

from poet.gate.checks import Boxes, load_request
from poet.gate.inputs import Input
from poet.gate.sandbox import KernelClock, Lost, Sandbox
from poet.spec import FunctionSpec

__all__ = [
    "ALPHA",
    "FLOOR",
    "Decision",
    "Latency",
    "NotMeasuredError",
    "TimedWorker",
    "Took",
    "compare_latency",
    "decide",
]

ALPHA = 0.005  # of one side
LEAST_RATIO = 1.05
PAIRS, LEAST = 16, 9  # pairs of workers; with fewer, neighbours of one code make no interval
INPUTS, WARM, GROUPS = 48, 8, 5
BUDGET = 10.0  # seconds for all workers, where the number of inputs can be chosen
MOST = 40.0  # seconds beyond which nothing is measured
FLOOR = 0.05  # a time is taken for no less than this share of an empty question

Times = Sequence[Sequence[float]]
_T = TypeVar("_T")


class Decision(NamedTuple):
    """What the times of two codes say.

    Attributes:
        ratio: Time of the reference by time of the candidate; above 1 the candidate is faster.
        noise: The factor up to which a ratio says nothing in this run.
        verdict: ``faster``, ``slower`` or ``no difference``.
        n: Pairs of workers.
    """

    ratio: float
    noise: float
    verdict: str
    n: int


class Latency(NamedTuple):
    """The latency of two codes, in milliseconds: the mean over the inputs, the median over workers.

    Attributes:
        candidate: None where it was not measured.
        reference: Likewise.
        noise: The share of the longer one by which they may lie apart by chance.
        decision: What was decided; None where nothing was measured.
        calls: Inputs measured in each worker.
        why: Where it was not measured: the reason.
    """

    candidate: float | None = None
    reference: float | None = None
    noise: float = 0.0
    decision: Decision | None = None
    calls: int = 0
    why: str = ""


def decide(candidate: Times, reference: Times) -> Decision:
    """Compare the times of two codes, as the module says.

    Args:
        candidate: For each worker, in the order A B B A …, the seconds of each group of inputs.
        reference: Likewise; its first worker came before the candidate's first.
    """
    across = [_apart(r, c) for r, c in zip(reference, candidate, strict=True)]
    # After an even pair the candidate's worker is followed by its next one, else the reference's.
    same = [
        _apart(side[k], side[k + 1])
        for k in range(len(across) - 1)
        for side in [candidate if k % 2 == 0 else reference]
    ]
    low, middle, high = _interval(across)
    own_low, _, own_high = _interval(same)
    noise = max(middle - low, high - middle, -own_low, own_high, math.log(LEAST_RATIO))
    verdict = "no difference"
    if abs(middle) > noise:
        verdict = "faster" if middle > 0 else "slower"
    return Decision(math.exp(middle), _exp(noise), verdict, len(across))


def compare_latency(
    code: str | None,
    reference: str | None,
    spec: FunctionSpec,
    inputs: Sequence[Input],
    import_name: str,
    filename: str,
    *,
    timeout: float,
    require: bool = False,
    sandbox: Boxes = Sandbox,
    pairs: int = PAIRS,
) -> Latency:
    """Measure two codes side by side; None is the baseline.

    Args:
        code: The candidate.
        reference: What it is compared with.
        spec: The function.
        inputs: Inputs on which the baseline returns.
        import_name: The name under which the user's module is imported.
        filename: The candidate's name in tracebacks.
        timeout: Seconds one call may take.
        require: Refuse to run where a layer of confinement is missing.
        sandbox: Makes the workers.
        pairs: How many workers of each code; fewer where the calls take long.
    """
    if not inputs:
        return Latency(why="no input on which the function returns: write a test or a case")
    sides = []
    for own, other in ((reference, code), (code, reference)):
        # A worker of the baseline holds the other code as well: so the two differ in nothing else.
        loaded = load_request(spec, other if own is None else own, import_name, filename)
        sides.append(_Side(loaded, original=own is None))
    run = _Run(sides, timeout, require, sandbox)
    try:
        return run.compare(_spaced(inputs, INPUTS), pairs)
    except NotMeasuredError as error:
        return Latency(why=str(error))


class NotMeasuredError(Exception):
    """The latency cannot be measured; the message says why."""


class _Side(NamedTuple):
    """What a worker loads, and whether the user's own function is called in it."""

    request: dict[str, Any]
    original: bool


class _Run:
    """One comparison; the reference comes first in each list of two."""

    def __init__(
        self, sides: Sequence[_Side], timeout: float, require: bool, sandbox: Boxes
    ) -> None:
        self.sides, self.timeout = sides, timeout
        self.require, self.sandbox = require, sandbox
        self.empty: list[float] = []
        self.computes = False

    def compare(self, inputs: Sequence[Input], pairs: int) -> Latency:
        first, start, empty = self._pilot(inputs)
        took = {n: max(seconds) for n, seconds in first.items()}
        usable = list(took)
        count = max(1, len(usable))
        warm = 0 if count == 1 else min(WARM, max(1, count // 4))
        # As many inputs as fit, then fewer pairs, before nothing is measured at all.
        while True:
            seconds = 2 * (start + sum(took[n] for n in usable))
            if seconds * pairs <= BUDGET or len(usable) <= 2:
                break
            usable = _spaced(usable, max(2, len(usable) * 2 // 3))
        pairs = max(LEAST, min(pairs, int(BUDGET / seconds)))
        if seconds * pairs > MOST:
            raise NotMeasuredError(
                f"it would take about {seconds * pairs:.0f} s, at most {MOST:.0f}: "
                f"{2 * pairs} workers of {start:.2g} s each, and calls of {max(took.values()):.2g} s"
            )
        warm = min(warm, len(usable) - 1)
        measured = usable[warm:]
        net = sum(max(0.0, took[n] - empty) for n in measured)
        groups = max(1, min(GROUPS, len(measured), int(net / (4 * empty))))
        parts = [measured[g::groups] for g in range(groups)]
        ordered = [inputs[n] for n in [*usable[:warm], *(n for part in parts for n in part)]]
        times: tuple[list[list[float]], list[list[float]]] = ([], [])
        for number in range(pairs):
            for side in ((0, 1), (1, 0))[number % 2]:
                times[side].append(self._worker(side, ordered, warm, [len(p) for p in parts]))
        return self._judge(times, [len(p) for p in parts])

    def _judge(self, times: Sequence[Times], sizes: Sequence[int]) -> Latency:
        empty = median(self.empty)
        net = [[[max(t - empty, FLOOR * empty) for t in w] for w in side] for side in times]
        middles = [[median(w[g] for w in side) for g in range(len(sizes))] for side in net]
        calls = sum(sizes)
        if max(median(m) for m in middles) < empty:
            least = empty / max(sizes) * 1000
            raise NotMeasuredError(
                f"shorter than can be told: a call takes less than about {least:.2g} ms, and there "
                f"are {calls} inputs to time together; a test or a case with arguments as large as "
                "in production would tell"
            )
        found = decide(net[1], net[0])
        reference = sum(middles[0]) / calls * 1000
        share = 1 - 1 / found.noise
        return Latency(reference / found.ratio, reference, share, found, calls)

    def _pilot(self, inputs: Sequence[Input]) -> tuple[dict[int, list[float]], float, float]:
        """Time each input once on both; return those on which both return, and two costs.

        It also finds out which clock to use.
        """
        found: dict[int, list[Took]] = {n: [] for n in range(len(inputs))}
        starts: list[float] = []
        empties: list[Took] = []
        sleeps = 0
        for side in range(len(self.sides)):
            begin = time.perf_counter()
            with self._started(side, inputs) as worker:
                starts.append(time.perf_counter() - begin)
                worker.run(0)
                # Each answer ends with one sleep, until the next question; any other is the code's.
                empties += [worker.run(0, count_sleeps=True) for _ in range(3)]
                for number in range(len(inputs)):
                    took = worker.run(1, count_sleeps=True)
                    sleeps += took.sleeps > max(e.sleeps for e in empties)
                    if took.returned == 1:
                        found[number].append(took)
                    if time.perf_counter() - begin > BUDGET / 4:
                        break
        both = {n: took for n, took in found.items() if len(took) == len(self.sides)}
        if not both:
            raise NotMeasuredError("there is no input on which both return in time")
        told = all(t.ran is not None for took in both.values() for t in took)
        self.computes = told and sleeps <= len(both) // 10
        figures = {n: [t.seconds(self.computes) for t in several] for n, several in both.items()}
        # The first start may have waited for a zygote.
        return figures, min(starts), median(e.seconds(self.computes) for e in empties)

    def _worker(
        self, side: int, inputs: Sequence[Input], warm: int, sizes: Sequence[int]
    ) -> list[float]:
        """Return the seconds of each group of inputs in a fresh worker."""
        with self._started(side, inputs) as worker:
            worker.run(warm)
            times: list[float] = []
            for size in (0, *sizes, 0):
                took = worker.run(size)
                if took.returned != size:
                    raise NotMeasuredError(f"{_who(side)} does not return on an input each time")
                (times if size else self.empty).append(took.seconds(self.computes))
        return times

    @contextmanager
    def _started(self, side: int, inputs: Sequence[Input]) -> Iterator[TimedWorker]:
        with self.sandbox(timeout=self.timeout, require=self.require) as box:
            loaded = box.load(self.sides[side].request)
            if isinstance(loaded, Lost) or "failed" in loaded:
                said = loaded.message if isinstance(loaded, Lost) else str(loaded["failed"])
                raise NotMeasuredError(f"loading {_who(side)}: {said}")
            answer = box.ask({"op": "prepare", "calls": [[i.args, i.kwargs] for i in inputs]})
            if isinstance(answer, Lost):
                raise NotMeasuredError(f"{_who(side)} {answer.message}")
            with KernelClock(box.pid) as kernel:
                yield TimedWorker(box, kernel, self.timeout, side, self.sides[side].original)


class Took(NamedTuple):
    """What one question took: seconds that passed, and of those what the kernel counted."""

    passed: float
    ran: float | None
    waited: float
    returned: int
    sleeps: int

    def seconds(self, computes: bool) -> float:
        """Return processor time of code that only computes, else time without the standing in line."""
        if computes and self.ran is not None:
            return max(self.ran, 1e-9)
        return max(self.passed - self.waited, 1e-9)


class TimedWorker:
    """A worker with calls prepared, and the clocks beside it."""

    def __init__(
        self, box: Sandbox, kernel: KernelClock, timeout: float, side: int, original: bool
    ) -> None:
        self.box, self.kernel, self.timeout = box, kernel, timeout
        self.side, self.original = side, original

    def run(self, count: int, *, count_sleeps: bool = False) -> Took:
        """Have the next prepared calls made."""
        slept = self.kernel.switches() if count_sleeps else 0
        question = {"op": "run", "count": count, "original": self.original}
        before = self.kernel.read()
        start = time.perf_counter()
        answer = self.box.ask(question, self.timeout * max(1, count))
        passed = time.perf_counter() - start
        after = self.kernel.read()
        if isinstance(answer, Lost):
            raise NotMeasuredError(f"{_who(self.side)} {answer.message}")
        slept = self.kernel.switches() - slept if count_sleeps else 0
        returned = answer.get("returned")
        known = returned if isinstance(returned, int) else -1
        if before is None or after is None:
            return Took(passed, None, 0.0, known, slept)
        return Took(passed, after.ran - before.ran, after.waited - before.waited, known, slept)


def _who(side: int) -> str:
    return ("the reference", "the candidate")[side]


def _spaced(items: Sequence[_T], most: int) -> list[_T]:
    """Return at most that many, evenly spaced: recorded and drawn ones both."""
    if len(items) <= most:
        return list(items)
    return [items[n * len(items) // most] for n in range(most)]


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    return median(math.log(a / b) for a, b in zip(one, other, strict=True))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _interval(figures: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of the interval and its middle, the median of the Walsh averages."""
    n = len(figures)
    walsh = sorted((figures[i] + figures[j]) / 2 for i in range(n) for j in range(i, n))
    middle = median(walsh) if walsh else 0.0
    place = _critical(n)
    if place < 0:
        return -math.inf, middle, math.inf
    return walsh[place], middle, walsh[-1 - place]


@cache
def _critical(n: int) -> int:
    """Return the largest c with P(T <= c) <= ALPHA for Wilcoxon's T of n figures, -1 for none."""
    ways = [1]
    for rank in range(1, n + 1):
        ways = [
            (ways[t] if t < len(ways) else 0) + (ways[t - rank] if t >= rank else 0)
            for t in range(len(ways) + rank)
        ]
    total, c = 0, -1
    for t, number in enumerate(ways):
        total += number
        if total > ALPHA * 2**n:
            break
        c = t
    return c
