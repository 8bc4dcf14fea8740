"""The domain's checks of a monitor: features whose change is known, on an object made for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.domain import CallCheck, Outcome
from poet.errors import RecipeRefusedError
from poet_domain_ml_monitoring.agents._calls import Caller, columns, normal
from poet_domain_ml_monitoring.agents._plan import Plan, make_plan
from poet_domain_ml_monitoring.agents._words import health_of_word
from poet_domain_ml_monitoring.reading.words import status_of_word

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.agents._result import Result, Slot

__all__ = ["checks", "why_none"]

NAMES = ("load", "pressure", "speed")
MOVED = "pressure"
Expect = Callable[[Outcome], str | None]


def checks(spec: FunctionSpec) -> Sequence[CallCheck]:
    """Return the checks for a monitor, none where its roles cannot be read or its object be made."""
    try:
        plan = make_plan(spec)
    except RecipeRefusedError:
        return []
    caller = Caller(spec, plan)
    return [] if caller.why_not else _Checks(plan, caller).all()


def why_none(spec: FunctionSpec, plan: Plan) -> str:
    """Return why a monitor has no checks, and what would give it some; empty where it has."""
    return Caller(spec, plan).why_not


class Said(NamedTuple):
    """What a result says.

    Attributes:
        drifted: The features it calls drifted; None where it names none.
        any: Whether it says that any has drifted; None where it does not say.
        known: Whether it says of each feature that it could be told.
        score: Of drift or of health.
        values: By quantity, as they are.
        shown: Shortened.
    """

    drifted: frozenset[str] | None
    any: bool | None
    known: bool
    score: float | None
    values: Mapping[str, Any]
    shown: str


class _Checks:
    def __init__(self, plan: Plan, caller: Caller) -> None:
        self.plan, self.caller = plan, caller
        self.scores: dict[str, float | None] = {}
        self.made: list[CallCheck] = []

    def all(self) -> list[CallCheck]:
        """Return every check."""
        base, same = columns(1, NAMES), columns(2, NAMES)
        moved = columns(3, NAMES, {MOVED: 4.0})
        fallen = columns(4, NAMES, {MOVED: -4.0})
        few = {n: v[:4] for n, v in columns(5, NAMES, {MOVED: 8.0}).items()}
        self.add("same", same, base, self.judged({}, "no feature has changed"))
        one = self.judged({MOVED}, f"the mean of {MOVED} moved by 4 sd")
        self.add("moved", moved, base, one)
        self.add(
            "fallen", fallen, base, self.judged({MOVED}, f"the mean of {MOVED} fell"), hidden=True
        )
        self.add("same_again", columns(6, NAMES), columns(7, NAMES),
                 self.judged({}, "no feature has changed"), hidden=True)  # fmt: skip
        self.add("by_name", moved, base, one, by_name=True)
        self.add("too_little", few, base, self.unknown)
        self.state(base, same, moved)
        self.new_features(base)
        if self.plan.roles.predictions and "health_score" in self.plan.result.quantities():
            self.health(base, moved)
        self.meaning(base)
        return self.made

    def add(self, name: str, features: Any, reference: Any, expect: Expect, **how: Any) -> None:
        """Add one check."""
        self.made.append(self.caller.check(name, features, reference, expect, **how))

    def state(self, base: Any, same: Any, moved: Any) -> None:
        """Check that the reference is the object's, whatever it was called with before."""
        owner = self.plan.roles.owner
        if owner is None:
            return
        text = "the window before had drifted, this one has not"
        self.add("kept", same, base, self.judged({}, text), before=[moved])
        if owner.is_frozen:
            return
        text = "the reference was replaced by one that is like the window"
        new = columns(8, NAMES, {MOVED: 4.0})
        self.add("replaced", moved, base, self.judged({}, text), before=[same], replaced=new)
        text = "the reference was replaced by one that is unlike the window"
        self.add("stale", same, base, self.judged({MOVED}, text), before=[same], replaced=new,
                 hidden=True)  # fmt: skip

    def new_features(self, base: Any) -> None:
        """Check that a feature without a reference is said to be new, and not to have drifted."""
        quantities = self.plan.result.quantities()
        if "new_features" not in quantities and "safe_mode" not in quantities:
            return
        late = columns(9, (*NAMES, "late"), {"late": 9.0})
        many = columns(10, (*NAMES, "late", "later", "latest", "last"), {"late": 9.0})

        def one(outcome: Outcome) -> str | None:
            said = self.read(outcome)
            if isinstance(said, str):
                return said
            new, mode = said.values.get("new_features"), said.values.get("safe_mode")
            if new is not None and list(new) != ["late"]:
                return f"one feature is new: expected ['late'], got {new!r}"
            if mode:
                return "one of four features is new: that is no safe mode"
            return _other(said, frozenset(), "a new feature has no reference to drift from")

        def more(outcome: Outcome) -> str | None:
            said = self.read(outcome)
            if isinstance(said, str):
                return said
            new, mode = said.values.get("new_features"), said.values.get("safe_mode")
            if new is not None and set(new) != {"late", "later", "latest", "last"}:
                return f"four features are new, got {new!r}"
            return "four of seven features are new: expected safe mode" if mode is False else None

        self.add("new_feature", late, base, one)
        self.add("safe_mode", many, base, more)

    def health(self, base: Any, moved: Any) -> None:
        """Check that a model whose features and predictions moved is less healthy than one's."""
        wide = columns(11, NAMES, dict.fromkeys(NAMES, 4.0))

        def first(outcome: Outcome) -> str | None:
            said = self.read(outcome)
            self.scores["well"] = None if isinstance(said, str) else said.score
            return said if isinstance(said, str) else None

        def second(outcome: Outcome) -> str | None:
            said = self.read(outcome)
            if isinstance(said, str):
                return said
            well = self.scores.get("well")
            if well is None or said.score is None:
                return None
            if said.score >= well:
                return (
                    f"every feature and the predictions moved by 4 sd: expected a score below {well:g}, "
                    f"the score of an unchanged model, got {said.score:g}"
                )
            return None

        del moved
        self.add("healthy", columns(12, NAMES), base, first, predictions=normal(8))
        self.add("unhealthy", wide, base, second, predictions=normal(13, 4.0))

    def meaning(self, base: Any) -> None:
        """Ask the function itself: does it mean drift, or the opposite? A stub says nothing."""
        said: dict[str, bool | None] = {}

        def ask(name: str, features: Any, *, last: bool = False) -> None:
            def expect(outcome: Outcome) -> str | None:
                found = self.read(outcome)
                said[name] = None if isinstance(found, str) else found.any
                if last and said.get("same") and said.get("far") is False:
                    return (
                        "the function says drift where nothing changed and none on a huge change: it "
                        "answers the other way round"
                    )
                return None

            check = self.caller.check(f"meaning.{name}", features, base, expect, subject="baseline")
            self.made.append(check)

        ask("same", base)
        ask("far", {n: [v + 10_000 for v in values] for n, values in base.items()}, last=True)

    def judged(self, wanted: set[str] | dict[str, Any], what: str) -> Expect:
        """Return what expects just these features to have drifted."""

        def expect(outcome: Outcome) -> str | None:
            said = self.read(outcome)
            if isinstance(said, str):
                return said
            if not said.known:
                return f"{what}: got that it cannot be told ({said.shown})"
            return _other(said, frozenset(wanted), what)

        return expect

    def unknown(self, outcome: Outcome) -> str | None:
        """Expect that four values are neither drift nor silently none."""
        said = self.read(outcome)
        if isinstance(said, str):
            return said
        if said.drifted or said.any:
            return f"4 values are too few to report drift: got {said.shown}"
        told = [w for w in outcome.warnings if not w.startswith("events cannot be stored")]
        if said.known and not told:
            return f'4 values are silently "no drift" ({said.shown}): say insufficient_data or warn'
        return None

    def read(self, outcome: Outcome) -> Said | str:
        """Return what a result says, or one line on what is wrong with it."""
        shown = repr(outcome.value)
        shown = shown if len(shown) <= 160 else shown[:157] + "..."
        if outcome.kind != "returned":
            return f"expected a result, got {outcome.error}: {shown}"
        try:
            return _said(self.plan.result, outcome.value, shown)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
            return f"expected the baseline's form of result, got {shown} ({problem})"


def _other(said: Said, wanted: frozenset[str], what: str) -> str | None:
    """Return how a result says other than these features to have drifted."""
    if said.drifted is not None and said.drifted != wanted:
        return (
            f"{what}: expected drift of {sorted(wanted)}, got {sorted(said.drifted)} ({said.shown})"
        )
    if said.any is not None and said.any is not bool(wanted):
        return f"{what}: expected {'drift' if wanted else 'no drift'}, got {said.shown}"
    return None


def _said(result: Result, value: Any, shown: str) -> Said:
    if result.shape == "names":
        return Said(frozenset(value), bool(value), True, None, {}, shown)
    if result.shape == "per_feature":
        assert result.item is not None
        drifted, known = _of_features(result.item, value)
        return Said(drifted, None if drifted is None else bool(drifted), known, None, {}, shown)
    slots = result.slots
    if result.shape == "mapping" and set(value) - {"__type__"} != {s.key for s in slots}:
        raise ValueError("other keys")
    parts = {s.quantity: (s, value if result.shape == "value" else value[s.key]) for s in slots}
    values = {q: part for q, (_, part) in parts.items() if q}
    drifted, known = None, True
    if "features" in parts:
        slot, part = parts["features"]
        assert slot.item is not None
        drifted, known = _of_features(slot.item, part)
    for key in ("decisions", "statuses"):
        if key in values:
            drifted = frozenset(n for n, v in values[key].items() if v in (True, "drift"))
    if "drifted" in values:
        named = frozenset(values["drifted"])
        if drifted is not None and named != drifted:
            raise ValueError("two of its values name different drifted features")
        drifted = named
    told = _any(result, parts, values)
    if "status" in parts and not result.health:
        known = known and _status(*parts["status"]) not in ("insufficient_data", "error")
    elif "status" in parts:
        _status(*parts["status"], health=True)
    score = values.get("health_score", values.get("drift_score"))
    if score is not None:
        _number(score)
    return Said(drifted, told, known, score, values, shown)


def _any(result: Result, parts: Mapping[Any, Any], values: Mapping[str, Any]) -> bool | None:
    if "decision" in values:
        return _bool(values["decision"])
    if "stable" in values:
        return not _bool(values["stable"])
    if "n_drifted" in values:
        return int(values["n_drifted"]) > 0
    if "status" in parts and not result.health:
        return _status(*parts["status"]) == "drift"
    if "share" in values:
        return _number(values["share"]) > 0
    if "drift_score" in values and "drifted" not in values:
        return _number(values["drift_score"]) > 0
    return None


def _of_features(item: Result, value: Any) -> tuple[frozenset[str] | None, bool]:
    """Return the features that drifted, and whether each could be told."""
    drifted, known, says = set(), True, False
    for name, found in value.items():
        for slot in item.slots:
            part = found if item.shape == "value" else found[slot.key]
            match slot.quantity:
                case "decision" | "stable":
                    says = True
                    known = known and part is not None
                    if part is not None and _bool(part) is (slot.quantity == "decision"):
                        drifted.add(name)
                case "status":
                    says = True
                    status = _status(slot, part)
                    known = known and status not in ("insufficient_data", "error")
                    if status == "drift":
                        drifted.add(name)
                case "effect" | "p_value":
                    unknown = part is None or part != part
                    known = known and not unknown
                    if not unknown and not 0 <= _number(part) <= 1:
                        raise ValueError(f"{slot.key or 'the value'} of {name} lies outside 0 to 1")
                case _:
                    pass
    return (frozenset(drifted) if says else None), known


def _status(slot: Slot, value: Any, *, health: bool = False) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{slot.key or 'the status'} is no text")
    own = {text: status for status, text in slot.words.items()}
    status = own.get(value) or (health_of_word(value) if health else status_of_word(value))
    if status is None:
        raise ValueError(f"the status {value!r} is none that is known")
    return status


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is no bool")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value
