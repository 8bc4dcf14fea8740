"""The inputs on which a candidate is compared with the baseline.

Some are given: what the user's tests, the cases and the domain's checks hand to the function. The
others are drawn after the candidate's hash is fixed, from a seed made of it, so that nobody can
write a candidate for them and anybody can draw them again.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Literal, NamedTuple

from poet.codec import decode, encode
from poet.codec.silence import silenced
from poet.gate.compare import difference
from poet.gate.inputs.perturb import perturbed, spoiled, table_like
from poet.gate.inputs.shapes import Names, constants_of, kind_of, literal
from poet.gate.inputs.usage import usage_of
from poet.spec import FunctionSpec, Parameter

__all__ = ["Drawn", "Input", "draw", "rebuilds_classes", "seed_for"]

Origin = Literal["recorded", "case", "domain", "generated", "perturbed"]
RECORDED = 40
PARTS = 4
_NEAR = 3  # levels of nesting that an outline tells of
_Call = tuple[list[Any], dict[str, Any]]
_drawing = threading.Lock()


class Input(NamedTuple):
    """Arguments for one call, as plain data that crosses to a worker.

    Attributes:
        name: Unique, such as ``generated 7``.
        origin: Where it comes from.
        args: Encoded list of positional arguments.
        kwargs: Encoded dict of keyword arguments.
        shown: The arguments for a person, shortened.
        hidden: Whether a generator may not see it.
    """

    name: str
    origin: Origin
    args: Any
    kwargs: Any
    shown: str = ""
    hidden: bool = False


class Drawn(NamedTuple):
    """What was drawn.

    Attributes:
        inputs: In order, no two alike.
        seed: The seed of those that nobody gave.
        problem: Why none could be drawn from annotations; empty where some were.
    """

    inputs: tuple[Input, ...]
    seed: str
    problem: str = ""


def seed_for(code: str, spec: FunctionSpec) -> str:
    """Return the seed of a candidate's inputs: SHA-256 of its hash and the function's fingerprint."""
    own = hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
    return hashlib.sha256(f"{own}{spec.fingerprint}".encode()).hexdigest()


def rebuilds_classes() -> bool:
    """Say whether values of the user's own classes can be sent to a worker."""
    return "types" in inspect.signature(decode).parameters


def draw(
    spec: FunctionSpec,
    import_name: str,
    code: str,
    *,
    recorded: Iterable[tuple[Any, Any]] = (),
    given: Iterable[Input] = (),
    count: int = 60,
    rebuilt: bool = False,
    kept_back: frozenset[int] = frozenset(),
) -> Drawn:
    """Return the inputs for judging a candidate.

    Args:
        spec: The function.
        import_name: The name under which the user's module is imported.
        code: The candidate; it fixes the seed.
        recorded: Encoded arguments that the user's tests gave the baseline.
        given: Inputs of cases and of the domain's checks.
        count: How many to draw; a third of them is hidden.
        rebuilt: Whether a worker rebuilds values of the user's own classes.
        kept_back: Places in ``recorded`` that a generator may not see.
    """
    seed = seed_for(code, spec)
    found = list(given)
    known = _Known()
    calls = [(i.args, i.kwargs) for i in found]
    for call in calls:
        known.add(call)
    for number, (args, kwargs) in enumerate(list(recorded)[:RECORDED], start=1):
        if known.add((args, kwargs)):
            calls.append((args, kwargs))
            shown, back = _show(args, kwargs), number - 1 in kept_back
            found.append(Input(f"recorded {number}", "recorded", args, kwargs, shown, back))
    # What is made of arguments that a generator may not see, it may not see either.
    values, secret = list[_Call](), list[bool]()
    for call, item in zip(calls, found, strict=True):
        value = _values(call)
        if value is not None:
            values.append(value)
            secret.append(item.hidden)
    problem, drawn = "", list[_Call]()
    copies = _Copies()
    try:
        if count:
            names = Names(spec, import_name)
            drawn = _generate(spec, names, code, values, secret, copies, seed, count, rebuilt)
    except _NoInputsError as error:
        problem = str(error)
    random = Random(int(seed, 16))  # noqa: S311 - a reproducible choice, no secret
    whole = [(v, s) for v, s in zip(values, secret, strict=True) if not _holds_objects(v)]
    changed = [
        (perturbed(*call, random, _left_out(spec, call), deeper=_may_nest(spec, call)), back)
        for call, back in random.choices(whole, k=count if whole else 0)
    ]
    plain = [(v, copies.among(v)) for v in drawn]
    # A NaN is no everyday value: a few of them, wherever numbers are floats.
    floating = [(c, back) for v, back in [*whole, *plain] if (c := spoiled(*v, random))]
    changed += random.sample(floating, min(len(floating), count // 8))
    hidden = Random(int(seed[:16], 16))  # noqa: S311
    for origin, made in (("generated", plain), ("perturbed", changed)):
        number = 0
        for drawn_call, back in made:
            if drawn_call is None:
                continue
            args, kwargs = drawn_call
            tree = _by_name(encode(args)), _by_name(encode(kwargs))
            if not known.add(tree):
                continue
            number += 1
            unseen = hidden.random() < 1 / 3 or back
            found.append(Input(f"{origin} {number}", origin, *tree, _show(*tree), unseen))  # type: ignore[arg-type]
    return Drawn(tuple(found), seed, problem)


class _Copies:
    """The tables that were made like one that a generator may not see."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}  # it holds them, so that no other value gets their ids

    def add(self, table: Any) -> Any:
        """Take in one that was made, and return it."""
        self._made[id(table)] = table
        return table

    def among(self, call: _Call) -> bool:
        """Say whether one of them is an argument of a call."""
        return any(id(v) in self._made for v in (*call[0], *call[1].values()))


class _NoInputsError(Exception):
    """No inputs can be drawn; the message says which parameter is the reason."""


def _generate(
    spec: FunctionSpec,
    names: Names,
    code: str,
    values: Sequence[_Call],
    secret: Sequence[bool],
    copies: _Copies,
    seed: str,
    count: int,
    rebuilt: bool,
) -> list[_Call]:
    from poet.gate.inputs.strategies import Strategies

    parameters = _own(spec)
    if not parameters:
        return [([], {})]
    text = "".join([spec.source, *spec.closure.values()]).lower()
    odd = any(word in text for word in ("nan", "isfinite", "isinf", "'inf", '"inf'))
    made = Strategies(names, *constants_of(spec, code), odd=odd, rebuilt=rebuilt)
    st = made.st
    positional: list[Any] = []
    named: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for item in parameters:
        if item.kind == "VAR_KEYWORD":
            continue
        strategy = _strategy(item, spec, made, values, secret, copies)
        if item.kind == "VAR_POSITIONAL":
            positional.append(("more", strategy))
        elif item.kind == "KEYWORD_ONLY":
            (named if item.default is None else optional)[item.name] = strategy
        else:
            positional.append(("one" if item.default is None else "may", strategy))

    @st.composite  # type: ignore[untyped-decorator]
    def calls(pick: Any) -> tuple[list[Any], dict[str, Any]]:
        args = []
        for how, strategy in positional:
            if how == "more":
                args += pick(st.lists(strategy, max_size=4))
            elif how == "one" or pick(st.booleans()):
                args.append(pick(strategy))
            else:
                break  # this default, and those of all that follow
        return args, pick(st.fixed_dictionaries(named, optional=optional))

    # In parts: hypothesis goes on from what it has drawn, and so from like to like.
    share = -(-count // PARTS)
    with _alone():
        return [v for n in range(PARTS) for v in _examples(calls(), int(seed[:12], 16) + n, share)]


def _own(spec: FunctionSpec) -> tuple[Parameter, ...]:
    """Return the parameters without that of a bound object."""
    bound = spec.owner in ("method", "classmethod")
    return tuple(spec.parameters[1:] if bound else spec.parameters)


def _left_out(spec: FunctionSpec, call: _Call) -> dict[str, Any]:
    """Return the parameters that a call leaves at their defaults, where those are literals."""
    args, kwargs = call
    found = {}
    for place, item in enumerate(_own(spec)):
        named = item.kind in ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")
        given = item.name in kwargs or (item.kind != "KEYWORD_ONLY" and place < len(args))
        if not named or given or item.default is None:
            continue
        value = literal(ast.parse(item.default, mode="eval").body)
        if value is not ... and value is not None:
            found[item.name] = value
    return found


def _may_nest(spec: FunctionSpec, call: _Call) -> bool:
    """Say whether the dicts of a call may be nested deeper: they are nested, of no declared depth."""
    texts = {item.name: item.annotation or "Any" for item in _own(spec)}
    named = dict(zip(texts, call[0], strict=False)) | call[1]
    dicts = {n: v for n, v in named.items() if type(v) is dict}
    loose = all("Any" in texts.get(n, "") or "[" not in texts.get(n, "[") for n in dicts)
    return loose and any(type(v) is dict for d in dicts.values() for v in d.values())


def _holds_objects(value: Any) -> bool:
    """Say whether a value holds what was no plain data, and would not come back as what it was."""
    if isinstance(value, dict):
        return "__type__" in value or any(map(_holds_objects, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_holds_objects, value))


def _strategy(
    item: Parameter,
    spec: FunctionSpec,
    made: Any,
    values: Sequence[_Call],
    secret: Sequence[bool],
    copies: _Copies,
) -> Any:
    """Return the strategy of a parameter: by its annotation, its default, or how it is used."""
    from poet.gate.inputs.strategies import UnknownShapeError

    tables = [
        (value, back)
        for call, back in zip(values, secret, strict=True)
        for value in _recorded(item, spec, [call])
        if _is_table(value)
    ]
    if tables:  # their columns and dtypes say more than any annotation
        made_up = made.st.tuples(made.st.sampled_from(tables), made.st.integers(0, 2**32))

        def like(pair: tuple[tuple[Any, bool], int]) -> Any:
            table = table_like(pair[0][0], Random(pair[1]))  # noqa: S311
            return copies.add(table) if pair[0][1] else table

        return made_up.map(like)
    problem = f"the parameter {item.name} has no annotation"
    used = usage_of(spec.source, item.name)
    vague = item.annotation in (None, "Any", "typing.Any", "object", "list", "tuple", "dict")
    if item.annotation is not None and not (vague and used):
        try:
            return _with_default(item, made.of(item.annotation), made)
        except UnknownShapeError as error:
            problem = f"the parameter {item.name}: {error}"
    default = literal(ast.parse(item.default, mode="eval").body) if item.default else ...
    for text in (used, kind_of(default), *_recorded_kinds(item, spec, values)):
        if text:
            return _with_default(item, made.of(text), made)
    if item.default is not None:
        return made.st.nothing() if default is ... else made.st.just(default)
    raise _NoInputsError(
        f"{problem}, and nothing in the function's text or its tests shows its type"
    )


def _is_table(value: Any) -> bool:
    package = type(value).__module__.partition(".")[0]
    return package in ("polars", "pandas") and type(value).__name__ in ("DataFrame", "Series")


def _with_default(item: Parameter, strategy: Any, made: Any) -> Any:
    if item.default == "None":
        return made.st.one_of(strategy, made.st.none())
    return strategy


def _recorded(item: Parameter, spec: FunctionSpec, values: Sequence[_Call]) -> list[Any]:
    """Return the values that recorded calls give a parameter."""
    place = [p.name for p in _own(spec)].index(item.name)
    return [
        kwargs[item.name] if item.name in kwargs else args[place]
        for args, kwargs in values
        if item.name in kwargs or place < len(args)
    ]


def _recorded_kinds(item: Parameter, spec: FunctionSpec, values: Sequence[_Call]) -> Iterator[str]:
    kinds = {kind_of(v) for v in _recorded(item, spec, values)}
    if kinds and "" not in kinds:
        yield " | ".join(sorted(kinds))


def _examples(strategy: Any, seed: int, count: int) -> list[Any]:
    """Draw from a strategy: the same values for the same seed, in any process."""
    import hypothesis

    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        database=None,
        deadline=None,
        derandomize=False,
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    try:
        with silenced():
            collect()
    except hypothesis.errors.HypothesisException as error:
        raise _NoInputsError(f"no values can be drawn: {error}") from None
    return found


@contextmanager
def _alone() -> Iterator[None]:
    """Keep hypothesis from mixing in constants of whatever modules this process has imported.

    One thread at a time draws: this switch and the random numbers that hypothesis seeds are one for
    the whole process.
    """
    from hypothesis.internal.conjecture import providers

    name = "_get_local_constants"
    with _drawing:
        real = getattr(providers, name, None)
        if real is None:
            yield
            return
        empty = type(providers._local_constants)()  # noqa: SLF001 - no public switch turns this off
        setattr(providers, name, lambda: empty)
        _forget(providers)
        try:
            yield
        finally:
            setattr(providers, name, real)
            _forget(providers)


def _draw_anew() -> None:
    """In a forked child: no other thread is drawing."""
    global _drawing
    _drawing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_draw_anew)


def _forget(providers: Any) -> None:
    cache = getattr(getattr(providers, "CONSTANTS_CACHE", None), "cache", None)
    if cache is not None:
        cache.clear()


def _by_name(tree: Any) -> Any:
    """Let the classes made here go by the names of those they stand for, without a remark."""
    if isinstance(tree, list):
        return [_by_name(t) for t in tree]
    if not isinstance(tree, dict):
        return tree
    found = {k: _by_name(v) for k, v in tree.items()}
    if found.get("$") in ("object", "enum") and isinstance(found.get("type"), str):
        found["type"] = found["type"].partition(" (")[0]
    return found


def _values(tree: tuple[Any, Any]) -> _Call | None:
    try:
        return decode(tree[0]), decode(tree[1])
    except ValueError:
        return None


class _Known:
    """Calls met so far; only those of the same outline are compared."""

    def __init__(self) -> None:
        self._calls: dict[Any, list[tuple[Any, Any]]] = {}

    def add(self, call: tuple[Any, Any]) -> bool:
        """Add a call; say whether no equal one was met before."""
        alike = self._calls.setdefault((_outline(call[0], 0), _outline(call[1], 0)), [])
        if any(not difference(list(call), list(other)) for other in alike):
            return False
        alike.append(call)
        return True


def _outline(tree: Any, depth: int) -> Any:
    """Return what all trees have in common that are equal to this one."""
    if type(tree) is list:
        ends = [_outline(t, depth + 1) for t in (tree[:1] + tree[-1:])] if depth < _NEAR else []
        return ("list", len(tree), *ends)
    if type(tree) is not dict:
        return (type(tree).__name__, tree)
    tag = tree.get("$")
    if tag in ("floats", "ints"):
        return _outline(_unpacked(tree), depth)
    if tag == "dict":
        return ("dict", _outline(tree["k"], depth), _outline(tree["v"], depth))
    return "index" if tag == "rangeindex" else tag


def _unpacked(tree: Any) -> list[Any]:
    return [encode(v) for v in decode(tree)]


def _show(args: Any, kwargs: Any) -> str:
    try:
        parts = [_brief(v) for v in decode(args)]
        parts += [f"{k}={_brief(v)}" for k, v in decode(kwargs).items()]
    except ValueError:
        return "arguments that cannot be shown"
    text = ", ".join(parts)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _brief(value: Any) -> str:
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a whole number of very many digits
        return "a huge number"
    return text if len(text) <= 100 else f"{text[:97]}..."
