"""The domain's checks of a candidate: samples whose verdict is known, drawn from fixed seeds.

What is called is what the function takes; what is judged is plain data, outside its process.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from poet.domain import CallCheck, Outcome
from poet.errors import RecipeRefusedError
from poet_domain_ml_monitoring.detector._inputs import CYCLES, Caller
from poet_domain_ml_monitoring.detector._plan import Plan, make_plan
from poet_domain_ml_monitoring.detector._verdict import Verdict, read_verdict

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["checks"]

SIZE = 400
Expect = Callable[[Outcome], str | None]


def checks(spec: FunctionSpec) -> Sequence[CallCheck]:
    """Return the checks for a function, none where its roles or result cannot be read."""
    try:
        plan = make_plan(spec)
    except RecipeRefusedError:
        return []
    return _Checks(spec, plan).all()


class _Checks:
    def __init__(self, spec: FunctionSpec, plan: Plan) -> None:
        self.spec = spec
        self.plan = plan
        self.caller = Caller(spec, plan)
        self.size = max(SIZE, 4 * self.caller.min_samples)
        # Standard deviations that a sample moves by: far beyond the effect that is called drift.
        self.far = 4.0 if self.caller.limit <= 0.9 else 8.0
        self.made: list[CallCheck] = []

    def all(self) -> list[CallCheck]:
        if "continuous" in self.plan.kinds:
            self.numbers()
        if "categorical" in self.plan.kinds:
            self.categories()
        if self.plan.strategy.seasonal is not None and self.plan.roles.selection.how == "many":
            self.season()
        self.too_little()
        self.by_name()
        self.meaning()
        return self.made

    def normal(self, seed: int, mean: float = 0.0, sd: float = 1.0, size: int = 0) -> list[Any]:
        draw = random.Random(seed)  # noqa: S311 - test data
        return [draw.gauss(50 + 10 * mean, 10 * sd) for _ in range(size or self.size)]

    def drawn(self, seed: int, weights: Sequence[float], size: int = 0) -> list[Any]:
        draw = random.Random(seed)  # noqa: S311 - test data
        return draw.choices(self.caller.categories, weights, k=size or self.size)

    def add(
        self,
        name: str,
        current: list[Any],
        reference: list[Any],
        expect: Expect,
        *,
        hidden: bool = False,
        by_name: bool = False,
        span: tuple[float, float] = (0.0, CYCLES),
    ) -> None:
        args, kwargs = self.caller.call(current, reference, by_name=by_name, span=span)
        self.made.append(CallCheck(f"drift.{name}", args, kwargs, expect, hidden=hidden))

    def judged(self, wanted: bool, what: str) -> Expect:
        plan, limit = self.plan, self.caller.limit
        column = self.caller.column

        def expect(outcome: Outcome) -> str | None:
            found = read_verdict(plan, outcome, column, limit)
            if isinstance(found, str):
                return found
            if found.drift is not wanted or found.unknown:
                said = "it cannot be told" if found.unknown else _said(found.drift)
                return f"{what}: expected {_said(wanted)}, got {said} ({found.shown})"
            return _consistent(found, wanted)

        return expect

    def numbers(self) -> None:
        base, same = self.normal(1), self.normal(2)
        far = self.normal(3, mean=self.far)
        self.add("shifted", far, base, self.judged(True, f"the mean moved by {self.far:g} sd"))
        self.add("same", same, base, self.judged(False, "both samples are of one distribution"))
        self.add(
            "same_again",
            self.normal(12),
            self.normal(11),
            self.judged(False, "both samples are of one distribution"),
            hidden=True,
        )
        if self.caller.limit <= 0.3:
            wide = self.normal(4, sd=6)
            self.add("scale", wide, base, self.judged(True, "the sd grew sixfold"))
        lower = self.normal(5, mean=-self.far)
        self.add("shifted_down", lower, base, self.judged(True, "the mean fell"), hidden=True)
        holes = [math.nan] * (self.size // 2)
        text = "half of the current values are missing, the rest is unchanged"
        self.add("missing_same", holes + same, base, self.judged(False, text))
        text = f"the mean moved by {self.far:g} sd beside missing values"
        missing: list[Any] = holes if self.plan.needs_baseline else [None] * len(holes)
        missing = self.caller.missing(missing)
        self.add("missing_shifted", missing + far, base, self.judged(True, text), hidden=True)
        if self.caller.limit >= 0.08 and not self.only_p():
            large = 6000
            self.add(
                "small_effect",
                self.normal(6, mean=0.1, size=large),
                self.normal(7, size=large),
                self.judged(False, "0.1 sd is too small an effect, whatever the p-value"),
                hidden=True,
            )
        limits = {c.name: c.limit for c in self.spec.options.constraints}
        if "duration_ms" in limits:
            self.add("duration", same, base, _within(limits["duration_ms"]))

    def only_p(self) -> bool:
        """Say whether the result has a p-value and no decision that weighs the effect."""
        from poet_domain_ml_monitoring.detector._schema import quantities_of

        found = quantities_of(self.plan.schema)
        return not found & {"decision", "stable", "status", "effect"} and "p_value" in found

    def categories(self) -> None:
        shares = [5.0, 3.0, 2.0] if len(self.caller.categories) > 2 else [9.0, 1.0]
        base, same = self.drawn(21, shares), self.drawn(22, shares)
        if self.caller.limit <= 0.2:
            moved = self.drawn(23, shares[::-1])
            self.add("categories_moved", moved, base, self.judged(True, "the shares were reversed"))
        text = "both samples have the same shares"
        self.add("categories_same", same, base, self.judged(False, text), hidden=True)
        if len(self.caller.categories) > 2 and self.caller.limit <= 0.8:
            novel = "never seen" if isinstance(base[0], str) else 9
            new = [*same[: self.size // 10], *[novel] * self.size]
            text = "nine in ten values are of a new category"
            self.add("category_new", new, base, self.judged(True, text), hidden=True)
        if not self.plan.needs_baseline:
            holes = self.caller.missing([None] * (self.size // 2))
            text = "missing values are no category"
            self.add("categories_missing", holes + same, base, self.judged(False, text))

    def season(self) -> None:
        """Ask for a part of a season: what comes back in every cycle is no drift, more than it is."""
        if "continuous" not in self.plan.kinds or self.caller.column not in self.numbers_only():
            return
        size = 4 * self.size
        past = self.wave(self.normal(61, size=size), 0.0, CYCLES)
        for name, begin, hidden in (("season", 12.1, False), ("season_again", 13.6, True)):
            text = "a quarter of a cycle, as it was in every cycle of the reference"
            now = self.wave(self.normal(62), begin, 0.25)
            self.add(name, now, past, self.judged(False, text), hidden=hidden, span=(begin, 0.25))
        text = f"a quarter of a cycle, {self.far:g} sd above where it was in every cycle of the reference"
        moved = self.wave(self.normal(63, mean=self.far), 12.1, 0.25)
        self.add("season_moved", moved, past, self.judged(True, text), span=(12.1, 0.25))

    def numbers_only(self) -> set[str]:
        """Return the column of the samples unless it is compared as categories."""
        return {self.caller.column} - set(self.plan.strategy.categories)

    def wave(self, noise: list[Any], begin: float, cycles: float) -> list[Any]:
        """Return noise with a season on it that is larger than all of the noise."""
        step = cycles / len(noise)
        phases = (begin + (n + 0.5) * step for n in range(len(noise)))
        return [v + 100 * math.sin(2 * math.pi * p) for v, p in zip(noise, phases, strict=True)]

    def too_little(self) -> None:
        few = min(4, self.caller.min_samples - 1)
        if few < 1:
            return
        if "continuous" in self.plan.kinds:
            current, reference = self.normal(31, mean=8, size=few), self.normal(1)
        else:
            ends = self.caller.categories
            current, reference = [ends[-1]] * few, [ends[0]] * self.size
        plan, limit, column = self.plan, self.caller.limit, self.caller.column

        def expect(outcome: Outcome) -> str | None:
            found = read_verdict(plan, outcome, column, limit)
            if isinstance(found, str):
                return found
            if found.drift:
                return f"{few} values are too few to report drift: got {found.shown}"
            if not found.unknown and not outcome.warnings:
                return (
                    f'{few} values are silently "no drift" ({found.shown}): '
                    "say insufficient_data or warn"
                )
            return None

        self.add("too_little", current, reference, expect)

    def meaning(self) -> None:
        """Ask the function itself: does it mean drift, or the opposite?

        A stub that always gives one answer, or one that fails on this data, says nothing and is
        taken at its name.
        """
        plan, limit, column = self.plan, self.caller.limit, self.caller.column
        said: dict[str, bool | None] = {}

        def ask(name: str, current: list[Any], reference: list[Any], *, last: bool = False) -> None:
            def expect(outcome: Outcome) -> str | None:
                found = read_verdict(plan, outcome, column, limit)
                known = not isinstance(found, str) and not found.unknown
                said[name] = found.drift if known and not isinstance(found, str) else None
                return _other_meaning(said) if last else None

            args, kwargs = self.caller.call(current, reference, by_name=False)
            self.made.append(CallCheck(f"meaning.{name}", args, kwargs, expect, subject="baseline"))

        if "continuous" in plan.kinds:
            same = self.normal(51)
            ask("same", same, same)
            ask("rise", self.normal(52, mean=1000), same)
            ask("fall", self.normal(53, mean=-1000), same, last=True)
        else:
            ends = self.caller.categories
            first, other = [ends[0]] * self.size, [ends[-1]] * self.size
            ask("same", first, first)
            ask("moved", other, first, last=True)

    def by_name(self) -> None:
        """Call by keyword, in the other order, with unequal sizes: roles go by name."""
        if not self.caller.has_keywords:
            return
        if "continuous" in self.plan.kinds:
            current, reference = self.normal(41, mean=self.far), self.normal(42, size=2 * self.size)
        else:
            ends = self.caller.categories
            current, reference = [ends[-1]] * self.size, [ends[0]] * (2 * self.size)
        plan, limit, column = self.plan, self.caller.limit, self.caller.column
        judged = self.judged(True, "called by keyword with a clear shift")
        sizes = (len(current), len(reference))

        def expect(outcome: Outcome) -> str | None:
            problem = judged(outcome)
            found = read_verdict(plan, outcome, column, limit)
            if problem or isinstance(found, str):
                return problem or str(found)
            for name, got, size in zip(("current", "reference"), found.sizes, sizes, strict=True):
                if got is not None and got != size:
                    return f"expected {size} {name} values, got {got}: the samples are swapped"
            return None

        self.add("roles", current, reference, expect, by_name=True)


def _other_meaning(said: dict[str, bool | None]) -> str | None:
    """Return why the function's own answers do not mean drift, None if they may."""
    moved = [said[name] for name in ("rise", "fall", "moved") if said.get(name) is not None]
    if said.get("same") and False in moved:
        return (
            "the function says drift on identical samples and none on a huge change: it answers "
            "the other way round; return whether there is drift"
        )
    return None


def _said(drift: bool | None) -> str:
    return {True: "drift", False: "no drift", None: "no verdict"}[drift]


def _consistent(found: Verdict, wanted: bool) -> str | None:
    """Check the numbers beside a verdict that is right."""
    if found.p_value is not None and not 0 <= found.p_value <= 1:
        return f"a p-value lies between 0 and 1, got {found.p_value!r}"
    if wanted and found.p_value is not None and not found.p_value < 0.05:
        return f"expected a small p-value beside drift, got {found.p_value!r}"
    if found.effect is not None and not 0 <= found.effect <= 1:
        return f"the effect lies between 0 and 1, got {found.effect!r}"
    return None


def _within(limit: float) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        spent = outcome.seconds * 1000
        if outcome.kind != "returned":
            return f"expected a value, got {outcome.error}"
        return None if spent <= limit else f"expected at most {limit:g} ms, got {spent:.1f} ms"

    return expect
