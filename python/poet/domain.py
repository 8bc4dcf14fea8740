"""What a domain package hands to POET: plain values and a few functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from poet.errors import ConfigError, nearest
from poet.spec import Evidence, FunctionSpec, Options, VerifyMode

__all__ = [
    "REVIEWED",
    "CallCheck",
    "ConfigKey",
    "Domain",
    "Grants",
    "Learning",
    "ObjectiveKey",
    "Observed",
    "Outcome",
    "Receiver",
    "Recipe",
    "Scoring",
    "Scripted",
]

REVIEWED = frozenset({"*"})
"""In a grant: all that the audit's reviewed table of ``numpy``, ``polars``, ``pandas`` or ``scipy`` lists."""


class ConfigKey(NamedTuple):
    """One key of ``config={...}`` that a domain understands.

    Attributes:
        default: Used where the user gives none.
        doc: One line, with the unit.
        check: Returns None for a good value, else what is expected; None accepts any JSON.
    """

    default: Any
    doc: str
    check: Callable[[Any], str | None] | None = None


class ObjectiveKey(NamedTuple):
    """One name that a domain understands in ``optimize_for`` and ``objectives``.

    Attributes:
        doc: What a version that is good at it does, one or two sentences; part of a model's prompt.
        direction: Which way is better, where the user does not say.
        unit: Of its figure, such as ``ms``; empty for a share from 0 to 1.
    """

    doc: str
    direction: Literal["maximize", "minimize"] = "maximize"
    unit: str = ""


class Grants(NamedTuple):
    """What a domain lets a candidate import, besides the audit's own list.

    Attributes:
        modules: Module to the public names that may be used of it; ``REVIEWED`` for all names, in
            submodules too, that the audit has reviewed of NumPy, Polars, pandas or SciPy.
        attributes: Public attributes and methods of the domain's own types; what the audit closes
            to all stays closed.
    """

    modules: Mapping[str, frozenset[str]] = {}
    attributes: frozenset[str] = frozenset()


class Recipe(NamedTuple):
    """A candidate that a domain's recipe made.

    Attributes:
        id: The strategy, such as ``guarded_call``; metadata says ``recipe/<domain>/<id>``.
        source: The text of ``code.py`` without its header.
        params: The values the code was made with.
        notes: One line each for a reviewer: what was decided, and what was left out and why.
    """

    id: str
    source: str
    params: Mapping[str, Any] = {}
    notes: Sequence[str] = ()


class Scripted(NamedTuple):
    """A stand-in for the baseline during a check: what each call of it does, in turn.

    Attributes:
        steps: ``("return", value)``, ``("raise", "ConnectionRefusedError", args)`` or
            ``("hang", seconds)``; the last step repeats.
    """

    steps: Sequence[tuple[Any, ...]]


class Outcome(NamedTuple):
    """What a call of the candidate gave, rebuilt from plain data outside its process.

    Attributes:
        kind: ``returned`` or ``raised``.
        value: The value returned, or the exception's arguments. An object of a user's class is a
            dict of its fields with ``__type__``.
        error: The exception's qualified type name, or an empty text.
        seconds: Wall time of the call.
        stand_in_calls: Arguments of each call of the stand-in, as ``(args, kwargs)``.
        outside_calls: Likewise of each callable that ``CallCheck.outside`` replaced, by its name.
        warnings: Texts of the warnings raised during the call.
    """

    kind: Literal["returned", "raised"]
    value: Any
    error: str = ""
    seconds: float = 0.0
    stand_in_calls: Sequence[tuple[Any, Any]] = ()
    warnings: Sequence[str] = ()
    outside_calls: Mapping[str, Sequence[tuple[Any, Any]]] = {}


class Receiver(NamedTuple):
    """The object that a check of a method calls it on, made in the worker by the user's own class.

    Attributes:
        args: Positional arguments of the class.
        kwargs: Keyword arguments of the class.
        before: Earlier calls of the same method on the same object, ``(args, kwargs, set)`` each, whose
            results nobody looks at; ``set`` holds attributes that are assigned to the object before it.
        set: Attributes that are assigned before the call that counts.
    """

    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}
    before: Sequence[tuple[Sequence[Any], Mapping[str, Any], Mapping[str, Any]]] = ()
    set: Mapping[str, Any] = {}


class CallCheck(NamedTuple):
    """One executed check of the gate: call the candidate, judge the outcome outside its process.

    Attributes:
        name: Stable, such as ``drift.shifted_normal``; unique within a function.
        args: Positional arguments; values that cross a process (plain data, arrays, frames).
        kwargs: Keyword arguments.
        expect: Returns None if the outcome is right, else one line: expected and got.
        stand_in: Replaces the baseline during the call; None leaves the user's own.
        outside: Replaces callables of modules during the call, by their dotted names, such as
            ``urllib.request.urlopen``: so that code with effects runs, and has none.
        hidden: Its inputs and failure text are kept from a model.
        subject: What is called. A check of the baseline says whether the function means what the
            domain takes it to mean; where it does not, no candidate is accepted.
        receiver: For a method: the object it is called on.
        names: Values that global names of the function's module have during the call.
        bound: Whether the first of ``args`` is the object that a method is called on, as it was recorded.
        of: Whose check it is. One of ``recipe`` describes the recipe's own design, such as its
            retry counts, and says nothing of a candidate that comes from elsewhere.
    """

    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    expect: Callable[[Outcome], str | None]
    stand_in: Scripted | None = None
    hidden: bool = False
    outside: Mapping[str, Scripted] = {}
    subject: Literal["candidate", "baseline"] = "candidate"
    of: Literal["every", "recipe"] = "every"
    receiver: Receiver | None = None
    names: Mapping[str, Any] = {}
    bound: bool = False


class Scoring(NamedTuple):
    """How good a candidate is at one objective: calls of it, and the figure they give.

    The calls run in the sandbox as checks do and never reject a candidate; a generator sees
    nothing of them but the figure. ``latency`` needs none: the gate measures it.

    Attributes:
        objective: Its name.
        calls: What is called; ``expect`` says whether one went well.
        score: Makes the figure of calls and their outcomes, None for one that was lost. It is
            asked for parts of the calls too; a ``ValueError`` it raises says why there is no
            figure. Without it the figure is the share of calls whose ``expect`` holds.
        sampled: Whether the calls are a sample of many alike, so that the figure has the error of
            a sample; where they are all there is, one more call that goes well is a gain.
        why: Where it has no calls: why the objective cannot be scored for this function.
    """

    objective: str
    calls: Sequence[CallCheck]
    score: Callable[[Sequence[CallCheck], Sequence[Outcome | None]], float] | None = None
    sampled: bool = False
    why: str = ""


class Observed(NamedTuple):
    """A recorded execution, and what people say of it.

    Attributes:
        execution_id: Its id.
        at: When it began, seconds since 1970 (UTC).
        version: The version that ran; None for the baseline.
        args: Positional arguments, as they were before the call.
        kwargs: Keyword arguments.
        outcome: What it gave.
        alarm: Whether that outcome raised an alarm; None where the domain cannot say.
        label: Whether it should have; None where nobody said, or people contradict each other.
        confidence: How surely the label is right, from 0 to 1; an injected one is sure.
        reasons: Reasons that people named, from :data:`poet.learn.REASONS`, each with its count.
        injected: Whether the drift in it was planted.
        names: What global names that the function reads held.
    """

    execution_id: str
    at: float
    version: str | None
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    outcome: Outcome
    alarm: bool | None = None
    label: bool | None = None
    confidence: float = 1.0
    reasons: Mapping[str, int] = {}
    injected: bool = False
    names: Mapping[str, Any] = {}


class Learning(NamedTuple):
    """How executions of a domain's functions are judged, and what is learnt from them.

    All of it is deterministic: the same executions give the same evidence.

    Attributes:
        alarm: Whether an outcome raises an alarm; None where that cannot be said.
        expect: What must hold of a recorded execution's outcome so that its label is met, as a case's
            ``expect``; None where no case can be made of it.
        evidence: What the labelled executions of a function show beyond the rates that the core
            counts: a season, a minimum effect, a window. It is given executions of the earlier part
            of the record only (what follows is held back for the replay), and the evidence so far.
        inject: Copies of a silent execution with known drift planted into them, from a seed, so that
            missed drift can be measured.
        request: Evidence of what somebody asks for in words, such as "need KL for categorical
            features"; None where no strategy is named that the domain knows.
        work: How much work an execution was, in a unit of the domain's own (rows by columns), for
            cost; None to take time.
    """

    alarm: Callable[[FunctionSpec, Outcome], bool | None]
    expect: Callable[[FunctionSpec, Observed], Mapping[str, Any] | None]
    evidence: Callable[
        [FunctionSpec, Sequence[Observed], Sequence[Evidence]], Sequence[Evidence]
    ] = lambda *_: ()
    inject: Callable[[FunctionSpec, Observed, int], Sequence[Observed]] = lambda *_: ()
    request: Callable[[FunctionSpec, str], Evidence | None] = lambda *_: None
    work: Callable[[FunctionSpec, Observed], float] | None = None


class Domain(NamedTuple):
    """A field POET knows, handed over through ``poet_register_domains(register)``.

    Attributes:
        name: What users write in ``@poet(domain=...)``.
        summary: One line.
        version: Of the distribution.
        recipe_epoch: Raised when the recipe's output changes so much that stored versions should
            be made anew; part of every fingerprint, where the version is not.
        mode: How candidates are verified unless the user says otherwise.
        recipe: Makes a candidate from a spec, or raises ``RecipeRefusedError`` with the reason.
        checks: Returns the domain's checks of a candidate for a spec.
        config: The keys of ``config={...}`` it understands.
        objectives: What it understands in ``optimize_for`` and ``objectives``.
        constraints: Names it understands in ``constraints``.
        capabilities: Names it understands in ``capabilities``.
        grants: What its candidates may import; a function where that depends on the spec.
        requirements: What generated code must do, one sentence each; part of a model's prompt.
        scoring: Returns how candidates for a spec are scored, one for each objective it can score.
        template: A prompt of its own with the named placeholders of the general one; empty for that.
        learning: How its executions are judged and what is learnt from them; None where only errors,
            cost, time and explicit cases are.
    """

    name: str
    summary: str
    version: str
    recipe_epoch: int
    mode: VerifyMode
    recipe: Callable[[FunctionSpec], Recipe]
    checks: Callable[[FunctionSpec], Sequence[CallCheck]]
    config: Mapping[str, ConfigKey] = {}
    objectives: Mapping[str, ObjectiveKey] = {}
    constraints: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    grants: Callable[[FunctionSpec], Grants] | Grants = Grants()
    requirements: Sequence[str] = ()
    scoring: Callable[[FunctionSpec], Sequence[Scoring]] = lambda _: ()
    template: str = ""
    learning: Learning | None = None

    def grants_for(self, spec: FunctionSpec) -> Grants:
        """Return what a candidate for ``spec`` may import."""
        return self.grants(spec) if callable(self.grants) else self.grants

    def settle(self, options: Options, where: str) -> Options:
        """Return ``options`` with the domain's defaults, checked against what the domain knows.

        Raises:
            ConfigError: A name this domain does not understand, with the nearest one it does.
        """
        asked = [o.name for o in options.objectives]
        if options.optimize_for is not None:
            asked.append(options.optimize_for)
        for kind, names, known in (
            ("objective", asked, frozenset(self.objectives)),
            ("constraint", [c.name for c in options.constraints], self.constraints),
            ("capability", list(options.capabilities), self.capabilities),
            ("config key", list(options.config), frozenset(self.config)),
        ):
            for name in names:
                if name not in known:
                    raise ConfigError(
                        f"domain {self.name!r} has no {kind} {name!r}{nearest(name, known)}",
                        where=where,
                        hint=f"it knows: {', '.join(sorted(known)) or 'none'}",
                    )
        for name, value in options.config.items():
            check = self.config[name].check
            problem = check(value) if check else None
            if problem:
                raise ConfigError(f"config[{name!r}]={value!r} is not {problem}", where=where)
        defaults = {name: key.default for name, key in self.config.items()}
        objectives = tuple(
            o._replace(direction=o.direction or self.objectives[o.name].direction)
            for o in options.objectives
        )
        return options._replace(config={**defaults, **options.config}, objectives=objectives)
