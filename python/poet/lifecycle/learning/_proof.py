"""The proof that a candidate must give besides the gate: paired replay, and cases as a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import Literal, NamedTuple

from poet.domain import Learning, Observed, Outcome
from poet.gate.checks import Boxes
from poet.learn import Comparison, Paired, binomial_tail, compare, mcnemar
from poet.lifecycle._results import Tried
from poet.lifecycle.learning._replay import Replayed, replay
from poet.spec import FunctionSpec, Lane

__all__ = ["Aim", "Proof"]

Aim = Literal["false_positive_rate", "missed_drift_rate", "success_rate", "none"]
DRIFTS = 45  # planted drifts that the parent finds, where so many can be planted
PLANTED = 240  # that are tried at most
SLOWER = 1.2
SLOWER_MS = 5.0  # a smaller difference may be the sandbox's: a busy machine stretches its own part
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
    ) -> None:
        self.lane, self.aim, self.learning = lane, aim, learning
        self.observed, self.cut, self.parent = observed, cut, parent
        self.import_name, self.timeout = import_name, timeout
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

        def run(items: Iterable[Observed]) -> Iterator[Replayed]:
            return replay(
                items, self.parent, code, spec, self.import_name, timeout=self.timeout,
                require=require, sandbox=sandbox, known=self._known, tell=tell,
            )  # fmt: skip

        pairs: list[Paired] = []
        rows: list[_Row] = []
        for found in run(self.observed()):
            rows.append(_Row(found.observed.at, found.parent, found.candidate))
            pair = self._pair(spec, found)
            if pair is not None:
                pairs.append(pair)
        slow = _slower(rows)
        if self.aim == "success_rate":
            return _success(rows, self.cut, slow)
        if self.learning is None or self.aim == "none":
            return Tried(True, "")
        if self.lane == "statistical" and self.aim == "false_positive_rate":
            pairs += self._planted(spec, run)
        aim: Literal["missed_drift_rate", "false_positive_rate"] = (
            "missed_drift_rate" if self.aim == "missed_drift_rate" else "false_positive_rate"
        )
        shown = compare(pairs, aim=aim, alpha=ALPHA)
        self.comparison = shown
        record = {"paired replay": shown._asdict(), "executions": len(rows)}
        if self.lane == "deterministic":
            worse = _surely_worse(shown)
            return Tried(not worse, worse, record)
        if slow:
            return Tried(False, f"worse: {slow}", record)
        why = f"{shown.verdict}: {shown.reason}"
        return Tried(shown.verdict == "better", why, record)

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
        costs = [0.0, 0.0]
        if learning.work is not None and found.candidate is not None:
            costs = [
                learning.work(spec, item._replace(outcome=outcome, alarm=alarm))
                for outcome, alarm in ((found.parent, parent), (found.candidate, candidate))
            ]
        return Paired(
            item.execution_id, item.at, item.label, parent, candidate, item.confidence,
            item.at >= self.cut, item.injected, *costs,
        )  # fmt: skip

    def _planted(
        self, spec: FunctionSpec, run: Callable[[Iterable[Observed]], Iterator[Replayed]]
    ) -> list[Paired]:
        """Return pairs of executions with planted drift, until enough are found by the parent."""
        pairs: list[Paired] = []
        found = 0
        for row in run(self._inject(spec)):
            pair = self._pair(spec, row)
            if pair is None:
                continue
            pairs.append(pair)
            found += pair.parent
            if found >= DRIFTS:
                break
        return pairs

    def _inject(self, spec: FunctionSpec) -> Iterator[Observed]:
        """Plant drifts into executions without: those judged silent first, then those nobody judged."""
        assert self.learning is not None
        count = 0
        items = [i for i in self.observed() if i.label is False or i.alarm is False]
        quiet = [i for i in items if i.label is False]
        quiet += [i for i in items if i.label is None and i.alarm is False]
        for seed in range(PLANTED):
            for item in quiet:
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
    misses = binomial_tail(shown.missed, shown.real, MARGIN)
    if misses <= ALPHA:
        return (
            f"worse: of {shown.real} real drifts that the parent finds it misses {shown.missed}, more "
            f"than {MARGIN:.0%} (p = {misses:.2g})"
        )
    return ""


class _Row(NamedTuple):
    """What both gave to one execution, without its inputs."""

    at: float
    parent: Outcome | None
    candidate: Outcome | None


def _slower(rows: Sequence[_Row]) -> str:
    """Return why a candidate is surely slower than is allowed; empty where that is not shown."""
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


def _success(rows: Sequence[_Row], cut: float, slow: str) -> Tried:
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
    record = {
        "paired replay": {"gained": gained, "lost": lost, "p_value": p_all, "held_back": later}
    }
    why = (
        f"only it returns {gained} times, only the parent {lost} times (p = {p_all:.2g}; held back "
        f"{later[0]} and {later[1]}, p = {p_later:.2g})"
    )
    if slow:
        return Tried(False, f"worse: {slow}", record)
    good = p_all <= ALPHA and p_later <= ALPHA
    return Tried(good, f"{'better' if good else 'not better'}: {why}", record)
