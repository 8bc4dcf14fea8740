"""The proof that a candidate must give besides the gate: paired replay, and cases as a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from statistics import median
from typing import Any, Literal, NamedTuple

from poet.codec import encode
from poet.domain import Learning, Observed, Outcome
from poet.gate.checks import Boxes
from poet.gate.inputs import Input
from poet.gate.scoring import Timing, time_pairs
from poet.learn import Comparison, Paired, binomial_tail, compare, mcnemar
from poet.lifecycle._results import Tried
from poet.lifecycle.learning._replay import Replayed, replay
from poet.spec import FunctionSpec, Lane

__all__ = ["Aim", "Proof"]

Aim = Literal["false_positive_rate", "missed_drift_rate", "success_rate", "none"]
DRIFTS = 45  # planted drifts that the parent finds, where so many can be planted
PLANTED = 240  # that are tried at most
SLOWER = 1.2
SLOWER_MS = 5.0  # where only whole answers could be timed: a busy machine stretches its own part
TIMED = 96  # executions that both are timed on, at most
ALPHA = 0.05
MARGIN = 0.1  # of real drifts, that a candidate may be feared to miss


class Proof:
    """A trial of candidates: on the same executions as the parent, and better there.

    In the statistical lane a candidate must be shown to be better, on the part of the record held
    back too, and to lose none of what the parent finds. In the deterministic lane it answers to what
    was named, and must not be shown to be worse.

    Args:
        lane: Of the decision.
        aim: What it is to be better at.
        learning: How executions are judged; None where the domain cannot say.
        observed: Yields the recorded executions, anew each time.
        cut: Executions from this time on are held back from what candidates are made of.
        parent: Code of the version that is served; None for the function as it was written.
        import_name: The name under which its module is imported.
        timeout: Seconds one call may take.
        alone: The source of each label that rests on one.
        total: How many executions ``observed`` yields, for progress; 0 where that is not known.
    """

    def __init__(
        self,
        lane: Lane,
        aim: Aim,
        learning: Learning | None,
        observed: Callable[[], Iterable[Observed]],
        cut: float,
        parent: str | None,
        import_name: str,
        timeout: float,
        alone: Mapping[str, str] | None = None,
        total: int = 0,
    ) -> None:
        self.total = total
        self.lane, self.aim, self.learning = lane, aim, learning
        self.observed, self.cut, self.parent = observed, cut, parent
        self.import_name, self.timeout, self.alone = import_name, timeout, alone or {}
        self.comparison: Comparison | None = None
        self._known: dict[str, Outcome | None] = {}

    def __call__(
        self,
        code: str,
        spec: FunctionSpec,
        *,
        require: bool,
        tell: Callable[[str], None],
        sandbox: Boxes,
    ) -> Tried:
        """Return what the replay of a candidate shows."""
        pairs: list[Paired] = []
        rows: list[_Row] = []
        sample, quiet = _Sample(TIMED), _Quiet()
        plants = self.aim == "false_positive_rate"
        items: Iterator[Observed] = iter(self.observed())
        if plants and self.learning is not None:
            items = chain(items, self._inject(spec, quiet))
        found = 0
        for row in replay(
            items, self.parent, code, spec, self.import_name, timeout=self.timeout,
            require=require, sandbox=sandbox, known=self._known, total=self.total, tell=tell,
        ):  # fmt: skip
            item = row.observed
            pair = self._pair(spec, row)
            if pair is not None:
                pairs.append(pair)
            if item.injected:
                found += pair is not None and pair.parent
                if found >= DRIFTS:
                    break
                continue
            rows.append(_Row(item.at, row.parent, row.candidate))
            quiet.see(item)
            if _returned(row.parent) and _returned(row.candidate):
                sample.see(item)

        def timed(record: dict[str, Any]) -> str:
            return self._slower(code, spec, rows, sample, record, require, tell, sandbox)

        if self.aim == "success_rate":
            return _success(rows, self.cut, timed)
        if self.learning is None or self.aim == "none":
            proven = self.lane == "deterministic"
            return Tried(proven, "" if proven else "nothing here says what is better")
        aim: Literal["missed_drift_rate", "false_positive_rate"] = (
            "missed_drift_rate" if self.aim == "missed_drift_rate" else "false_positive_rate"
        )
        shown = compare(pairs, aim=aim, alpha=ALPHA)
        self.comparison = shown
        record = {"paired replay": shown._asdict(), "executions": len(rows)}
        if self.lane == "deterministic":
            worse = _surely_worse(shown)
            return Tried(not worse, worse, record)
        slow = timed(record) if shown.verdict == "better" else ""
        if slow:
            return Tried(False, f"worse: {slow}", record)
        why = f"{shown.verdict}: {shown.reason}"
        return Tried(shown.verdict == "better", why, record)

    def _slower(
        self, code: str, spec: FunctionSpec, rows: Sequence[_Row], sample: _Sample,
        record: dict[str, Any], require: bool, tell: Callable[[str], None], sandbox: Boxes,
    ) -> str:  # fmt: skip
        """Return why a candidate is surely slower than is allowed; empty where that is not shown.

        Where the user says how long a call may take, that is what is allowed, and the gate has
        measured it; else it is 1.2 times the parent's time.
        """
        if any(c.name == "duration_ms" for c in spec.options.constraints):
            record["time"] = {"verdict": "bounded", "why": "by the constraint duration_ms"}
            return ""
        found = Timing("not measured", why="there are no executions on which both return")
        if sample.items:
            found = time_pairs(
                self.parent, code, spec, sample.inputs(), self.import_name, limit=SLOWER,
                timeout=self.timeout, require=require, sandbox=sandbox, tell=tell,
            )  # fmt: skip
        record["time"] = found._asdict()
        return _slower(rows) if found.verdict == "not measured" else found.why

    def _pair(self, spec: FunctionSpec, found: Replayed) -> Paired | None:
        """Return one execution as a pair of alarms; None where the parent says nothing of it."""
        learning, item = self.learning, found.observed
        if learning is None or found.parent is None:
            return None
        parent = learning.alarm(spec, found.parent)
        if parent is None:
            return None
        # A candidate that says nothing where the parent does is wrong there, whatever is right.
        said = None if found.candidate is None else learning.alarm(spec, found.candidate)
        candidate = (
            said if said is not None else (not item.label if item.label is not None else not parent)
        )
        spent = cost = 0.0
        if learning.work is not None and found.candidate is not None:
            spent = learning.work(spec, item._replace(outcome=found.parent, alarm=parent))
            cost = learning.work(spec, item._replace(outcome=found.candidate, alarm=candidate))
        return Paired(
            item.execution_id, item.at, item.label, parent, candidate, item.confidence,
            item.at >= self.cut, item.injected, spent, cost,
            self.alone.get(item.execution_id, ""),
        )  # fmt: skip

    def _inject(self, spec: FunctionSpec, quiet: _Quiet) -> Iterator[Observed]:
        """Plant drifts into executions without: those judged silent first, then those nobody judged."""
        assert self.learning is not None
        count = 0
        for seed in range(PLANTED):
            for item in quiet.items():
                planted = list(self.learning.inject(spec, item, seed))
                for number, one in enumerate(planted):
                    name = f"{item.execution_id}+{seed}.{number}"
                    yield one._replace(execution_id=name, label=True, injected=True, confidence=1.0)
                    count += 1
                    if count >= PLANTED:
                        return
            if not count:
                return


def _surely_worse(shown: Comparison) -> str:
    """Return why a candidate that answers to a request is shown to be worse; empty where it is not."""
    against = mcnemar(shown.lost, shown.gained)
    if against <= ALPHA:
        return (
            f"worse: on recorded executions only the parent is right {shown.lost} times, only the "
            f"candidate {shown.gained} times (p = {against:.2g})"
        )
    if shown.harm_p_value <= ALPHA:
        return (
            f"worse: of {shown.real} real drifts that the parent finds it misses {shown.missed}, more "
            f"than {MARGIN:.0%} and than wrong labels explain (p = {shown.harm_p_value:.2g})"
        )
    return ""


class _Quiet:
    """Executions into which drift can be planted, no more than are needed."""

    def __init__(self) -> None:
        self.said: list[Observed] = []
        self.unsaid: list[Observed] = []

    def see(self, item: Observed) -> None:
        """Keep an execution that is judged silent, or was silent and nobody judged."""
        if item.label is False and len(self.said) < PLANTED:
            self.said.append(item)
            del self.unsaid[PLANTED - len(self.said) :]
        elif (
            item.label is None
            and item.alarm is False
            and len(self.said) + len(self.unsaid) < PLANTED
        ):
            self.unsaid.append(item)

    def items(self) -> list[Observed]:
        """Return them, those judged first."""
        return [*self.said, *self.unsaid]


class _Sample:
    """Executions spread evenly over a record whose length is not known beforehand.

    Args:
        most: How many at most.
    """

    def __init__(self, most: int) -> None:
        self.most, self.step, self.count = most, 1, 0
        self.items: list[Observed] = []

    def see(self, item: Observed) -> None:
        """Keep every so manieth."""
        if self.count % self.step == 0:
            if len(self.items) >= self.most:
                del self.items[1::2]
                self.step *= 2
            if self.count % self.step == 0:
                self.items.append(item)
        self.count += 1

    def inputs(self) -> list[Input]:
        """Return their inputs as they cross to a worker."""
        return [
            Input(
                i.execution_id, "recorded", encode(list(i.args)), encode(dict(i.kwargs)), "", False
            )
            for i in self.items
        ]


def _returned(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.kind == "returned"


class _Row(NamedTuple):
    """What both gave to one execution, without its inputs."""

    at: float
    parent: Outcome | None
    candidate: Outcome | None


def _slower(rows: Sequence[_Row]) -> str:
    """Judge whole answers where calls alone could not be timed: they take their transport with them."""
    times = [
        (r.parent.seconds, r.candidate.seconds)
        for r in rows
        if r.parent is not None and r.candidate is not None
    ]
    if not times:
        return ""
    over = sum(c > SLOWER * p for p, c in times)
    mid = median(p for p, _ in times), median(c for _, c in times)
    if binomial_tail(over, len(times)) > 0.01 or (mid[1] - mid[0]) * 1e3 < SLOWER_MS:
        return ""
    return (
        f"it takes {mid[1] / max(mid[0], 1e-9):.2f} times as long ({mid[1] * 1e3:.3g} ms, "
        f"{mid[0] * 1e3:.3g} ms before), at most {SLOWER:g} times is allowed"
    )


def _success(rows: Sequence[_Row], cut: float, timed: Callable[[dict[str, Any]], str]) -> Tried:
    """Say whether a candidate returns where the parent raised, the part held back included."""

    def counts(some: Sequence[_Row]) -> tuple[int, int]:
        went = [
            (r.parent is not None and r.parent.kind == "returned",
             r.candidate is not None and r.candidate.kind == "returned")
            for r in some
        ]  # fmt: skip
        return sum(c and not p for p, c in went), sum(p and not c for p, c in went)

    gained, lost = counts(rows)
    later = counts([r for r in rows if r.at >= cut])
    p_all, p_later = mcnemar(gained, lost), mcnemar(*later)
    record: dict[str, Any] = {
        "paired replay": {"gained": gained, "lost": lost, "p_value": p_all, "held_back": later}
    }
    why = (
        f"only it returns {gained} times, only the parent {lost} times (p = {p_all:.2g}; held back "
        f"{later[0]} and {later[1]}, p = {p_later:.2g})"
    )
    good = p_all <= ALPHA and p_later <= ALPHA
    slow = timed(record) if good else ""
    if slow:
        return Tried(False, f"worse: {slow}", record)
    return Tried(good, f"{'better' if good else 'not better'}: {why}", record)
