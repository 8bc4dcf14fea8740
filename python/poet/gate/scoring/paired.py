"""Whether a candidate takes longer than its parent may, on inputs of production.

Two workers of each code are there all along, and each group of executions is run in all four, one
after the other, in an order that turns and reverses from group to group: what the machine does meanwhile
meets all alike, and none is always the first on a cold cache. Arguments are decoded before a clock
starts, and results are thrown away: both would take the same time of either code, and hide how far
they lie apart. The first groups warm up and do not count. The clocks are those of
:mod:`poet.gate.scoring.latency`: processor time of code that computes, as the kernel counts it, else
the time that passes without the standing in line for a processor; without what an empty question
costs.

**When "slower" is said.** All of: the candidate takes more than ``limit`` times the parent's time in more
groups than chance explains (one-sided sign test at ``ALPHA``: W. J. Conover, Practical Nonparametric
Statistics, 3rd ed., section 3.4); the median ratio lies above the limit by more than two workers of the
same code lie apart; and the difference is more than a clock can tell here. So equal code is refused
only if the machine is wrong three times over, and a candidate about which nothing is sure is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from statistics import median
from typing import Literal, NamedTuple

from poet.gate.checks import Boxes, load_request
from poet.gate.inputs import Input
from poet.gate.sandbox import KernelClock, Lost, Sandbox
from poet.gate.scoring.latency import FLOOR, NotMeasuredError, TimedWorker, Took
from poet.spec import FunctionSpec

__all__ = ["Timing", "judge_times", "time_pairs"]

ALPHA = 0.01
LEAST, MOST = 12, 48  # groups of executions
WARM = 3  # groups that do not count
TOGETHER = 32  # executions of a group, at most
BLUR = 0.5  # of an empty question: a smaller difference is none that a clock can tell
_CODES = ("parent", "candidate", "parent", "candidate")

Verdict = Literal["slower", "within", "lost", "not measured"]


class Timing(NamedTuple):
    """How long a candidate takes beside its parent.

    Attributes:
        verdict: ``slower``: surely more than the limit. ``within``: not so. ``lost``: the candidate
            did not answer where its parent did. ``not measured``: see ``why``.
        ratio: The candidate's time over the parent's, the median over groups; None where not measured.
        noise: The factor by which two workers of the same code lay apart.
        p_value: Of the sign test that it is more than the limit.
        parent_ms: Of one call, in the median.
        candidate_ms: Likewise.
        groups: Groups of executions that count.
        clock: ``processor`` or ``wall``.
        why: One line for a person, where the verdict is not ``within``.
    """

    verdict: Verdict
    ratio: float | None = None
    noise: float = 1.0
    p_value: float = 1.0
    parent_ms: float = 0.0
    candidate_ms: float = 0.0
    groups: int = 0
    clock: str = ""
    why: str = ""


def judge_times(times: Sequence[Sequence[float]], limit: float, blur: float, calls: int) -> Timing:
    """Judge the seconds that groups took in two workers of each code.

    Args:
        times: For each group, of parent, candidate, parent and candidate.
        limit: The candidate's time over the parent's, at most.
        blur: Seconds below which a difference is none.
        calls: In a group.
    """
    if not times:
        return Timing("not measured", why="there is no execution on which both return")
    logs = [[math.log(max(t, 1e-9)) for t in group] for group in times]
    ratios = [(g[1] + g[3] - g[0] - g[2]) / 2 for g in logs]
    same = [abs(median(g[i + 2] - g[i] for g in logs)) for i in (0, 1)]
    over = sum(r > math.log(limit) for r in ratios)
    chance = sum(math.comb(len(ratios), k) for k in range(over, len(ratios) + 1)) / 2 ** len(ratios)
    middle, noise = median(ratios), max(same)
    beyond = median((g[1] + g[3] - limit * (g[0] + g[2])) / 2 for g in times)
    parent, candidate = (median((g[i] + g[i + 2]) / 2 for g in times) for i in (0, 1))
    slower = chance < ALPHA and middle - math.log(limit) > noise and beyond > blur
    found = Timing(
        "slower" if slower else "within", math.exp(middle), math.exp(noise), chance,
        parent / calls * 1e3, candidate / calls * 1e3, len(times),
    )  # fmt: skip
    if not slower:
        return found
    return found._replace(
        why=f"it takes {found.ratio:.2f} times as long ({found.candidate_ms:.3g} ms, "
        f"{found.parent_ms:.3g} ms before; the same code twice lies {found.noise - 1:.0%} apart; "
        f"p = {chance:.1g}), at most {limit:g} times is allowed"
    )


def time_pairs(
    parent: str | None,
    candidate: str,
    spec: FunctionSpec,
    inputs: Sequence[Input],
    import_name: str,
    *,
    limit: float,
    timeout: float = 30.0,
    require: bool = False,
    sandbox: Boxes = Sandbox,
    tell: Callable[[str], None] = lambda _: None,
) -> Timing:
    """Time a candidate beside its parent on the same inputs.

    Args:
        parent: Code of the version that is served; None for the function as it was written.
        candidate: Code of the candidate.
        spec: The function.
        inputs: Those of recorded executions, on which both return.
        import_name: The name under which its module is imported.
        limit: The candidate's time over the parent's, at most.
        timeout: Seconds one call may take.
        require: Run the candidate only where every layer of confinement is in force.
        sandbox: Makes the workers.
        tell: Told each step.
    """
    tell("time: loading")
    with ExitStack() as stack:
        boxes = [
            stack.enter_context(sandbox(timeout=timeout, require=require and c == "candidate"))
            for c in _CODES
        ]

        def load(number: int) -> str:
            code = (parent, candidate)[number % 2]
            # A worker of the function as written holds the candidate too: they differ in nothing else.
            loaded = boxes[number].load(
                load_request(
                    spec, candidate if code is None else code, import_name,
                    f"<{_CODES[number]} of {spec.qualname}>",
                )
            )  # fmt: skip
            if isinstance(loaded, Lost):
                return loaded.message
            return str(loaded.get("failed", ""))

        with ThreadPoolExecutor(2) as pool:
            problem = next(filter(None, pool.map(load, range(len(boxes)))), "")
        if problem:
            return Timing("not measured", why=problem)
        workers = [
            TimedWorker(
                box, stack.enter_context(KernelClock(box.pid)), timeout, number % 2,
                original=parent is None and number % 2 == 0,
            )
            for number, box in enumerate(boxes)
        ]  # fmt: skip
        try:
            return _Race(workers, limit, tell).run(inputs)
        except _CandidateLostError as error:
            return Timing("lost", why=str(error))
        except NotMeasuredError as error:
            return Timing("not measured", why=str(error))


class _CandidateLostError(Exception):
    """The candidate gave no answer; the message says what became of it."""


class _Race:
    """One comparison, in four workers that stay."""

    def __init__(
        self, workers: Sequence[TimedWorker], limit: float, tell: Callable[[str], None]
    ) -> None:
        self.workers, self.limit, self.tell = workers, limit, tell
        self.turn = 0
        self.sleeps = 0
        self.empty: list[Took] = []

    def run(self, inputs: Sequence[Input]) -> Timing:
        """Run groups until it is clear that the candidate is no slower, or there are no more."""
        for worker in self.workers:
            worker.run(0)
            self.empty += [worker.run(0, count_sleeps=True) for _ in range(5)]
        self.sleeps = max(e.sleeps for e in self.empty)
        together = self._together(inputs)
        kept: list[list[Took]] = []
        found = Timing("not measured", why="there are too few executions to time")
        for number, group in enumerate(_groups(inputs, together)):
            self.tell(f"time: {number}")
            took = self._group(group)
            if number < WARM or any(t.returned != len(group) for t in took):
                continue
            kept.append(took)
            if len(kept) >= LEAST:
                found = self._judged(kept, together)
                rather = found.ratio is not None and found.ratio * found.noise < self.limit
                if len(kept) == MOST or (len(kept) % LEAST == 0 and rather):
                    break
        return found

    def _together(self, inputs: Sequence[Input]) -> int:
        """Return how many executions are timed together, so that a clock can tell them."""
        took = [self._group([one])[0].seconds(computes=True) for one in inputs[:WARM]]
        empty = median(t.seconds(computes=True) for t in self.empty)
        call = max(median(took) - empty, FLOOR * empty) if took else empty
        wanted = max(1, min(TOGETHER, math.ceil(8 * empty / call)))
        return max(1, min(wanted, len(inputs) // (WARM + LEAST)))

    def _group(self, group: Sequence[Input]) -> list[Took]:
        """Run a group in each worker; the order turns by one, and every second time is reversed."""
        calls = [[i.args, i.kwargs] for i in group]
        order = [(self.turn // 2 + k) % 4 for k in range(4)]
        self.turn += 1
        found: dict[int, Took] = {}
        for number in order if self.turn % 2 else reversed(order):
            worker = self.workers[number]
            answer = worker.box.ask({"op": "prepare", "calls": calls})
            if isinstance(answer, Lost):
                raise NotMeasuredError(f"the {_CODES[number]} {answer.message}")
            try:
                found[number] = worker.run(len(group), count_sleeps=True)
            except NotMeasuredError as error:
                if number % 2:
                    raise _CandidateLostError(str(error)) from None
                raise
        return [found[n] for n in range(4)]

    def _judged(self, kept: Sequence[Sequence[Took]], together: int) -> Timing:
        waits = sum(any(t.sleeps > self.sleeps for t in took) for took in kept)
        computes = waits <= len(kept) // 10 and all(t.ran is not None for k in kept for t in k)
        empty = median(e.seconds(computes) for e in self.empty)
        times = [[max(t.seconds(computes) - empty, FLOOR * empty) for t in took] for took in kept]
        clock = "processor" if computes else "wall"
        return judge_times(times, self.limit, BLUR * empty, together)._replace(clock=clock)


def _groups(inputs: Iterable[Input], together: int) -> Iterator[list[Input]]:
    """Yield whole groups."""
    rest = iter(inputs)
    while len(group := list(islice(rest, together))) == together:
        yield group
