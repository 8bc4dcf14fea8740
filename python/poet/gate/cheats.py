"""Candidates written for the tests instead of for the function: what their text gives away.

A candidate that holds a distinctive value of the user's tests, cases or recorded calls, which
neither the function, its closure nor its docstring mentions, was made to pass those tests. So was
one that looks for the test run. Both are refused with the value and the line.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from poet.cases import Case, answers
from poet.codec import decode
from poet.gate.audit import Finding
from poet.gate.folding import Constants
from poet.spec import FunctionSpec

__all__ = ["cheats", "distinctive"]

_ENVIRONMENT = re.compile(
    r"\b(_?pytest|unittest|conftest|doctest)\b|PYTEST_|POET_[A-Z]|GITHUB_ACTIONS"
    r"|^(sys\.argv|sys\.modules|currentframe|_getframe)$"
)
_COMMON = {
    3.14, 3.1415, 3.14159, 3.141592653589793, 2.71828, 2.718281828459045, 6.283185307179586,
    1.4142135623730951, 1.645, 1.959964, 2.576, 2.5758, 1.4826, 0.6745, 273.15, 365.25, 9.81, 9.80665,
    6371.0, 6371.0088, 6378.137, 1440.0, 3600.0, 86400.0, 604800.0, 299792458.0, 0.6931471805599453,
    2.302585092994046, 1.6449340668482264, 1.618033988749895, 0.5772156649015329, 1e-12,
}  # fmt: skip
_NAMES = {
    "utf-8", "utf-16", "latin-1", "iso-8859-1", "strict", "ignore", "replace", "linear", "float32",
    "float64", "object", "string", "category", "ascii", "sha256",
}  # fmt: skip
# Where a text of a candidate names something instead of being compared with an input.
_NAMING_CALLS = {
    "encode", "decode", "strftime", "strptime", "getLogger", "warn", "warning", "info", "debug", "error",
    "exception", "observe", "isoformat", "astype", "getattr", "hasattr", "col", "alias", "default", "expect",
    "TypeVar", "NewType", "namedtuple", "compile", "fromisoformat", "format",
}  # fmt: skip
MAX_RECORDED = 2000


def cheats(
    code: str,
    spec: FunctionSpec,
    *,
    sources: Iterable[str] = (),
    cases: Iterable[Case] = (),
    recorded: Iterable[tuple[Any, Any]] = (),
    kept_back: frozenset[str] | None = None,
) -> list[Finding]:
    """Return where a candidate shows that it was made for the tests.

    Args:
        code: The candidate.
        spec: The function.
        sources: Texts of the user's tests.
        cases: The active cases.
        recorded: Encoded arguments that the tests gave the function.
        kept_back: Names of the tests and cases that the generator may not see; the findings name no
            test and none of these cases. None where it may see all.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    own = _texts_of(spec)
    wanted = _wanted(sources, cases, recorded, kept_back)
    known = _known(own)
    found = list(_environment(tree, own))
    constants = Constants(tree)
    naming = _naming(tree)
    seen: set[int] = set()
    for node, value in constants.all():
        line = getattr(node, "lineno", 1)
        if line in seen:
            continue
        key = _key(value)
        if key is None or key not in wanted or key in known:
            continue
        plain_text = isinstance(value, str)
        if plain_text and (id(node) in naming or any(value in text for text in own)):
            continue
        if not plain_text and not distinctive(value) and not _compared(tree, node, constants):
            continue
        seen.add(line)
        text = f"{_short(value)} is a value of the tests or cases ({wanted[key]}), and not of the function"
        found.append(_finding(node, "cheat", f"{text}: compute the answer from the arguments"))
    return sorted(found, key=lambda f: (f.line, f.column))


def distinctive(value: Any) -> bool:
    """Say whether a value is unlikely to stand in two texts by chance."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (str, bytes)):
        return len(value) >= 6 and not _is_name(value)
    if isinstance(value, (int, float)):
        return _distinctive_number(value)
    if isinstance(value, complex):
        return _distinctive_number(value.real) or _distinctive_number(value.imag)
    if isinstance(value, dict):
        parts = [p for item in value.items() for p in item]
        return sum(map(distinctive, parts)) >= 3
    if isinstance(value, (list, tuple, set, frozenset)):
        return sum(map(distinctive, value)) >= 3 or _is_sample(list(value))
    return False


def _is_name(value: str | bytes) -> bool:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.lower() in _NAMES or bool(
        re.fullmatch(r"[\W_]*|(%\w[\W_]*)+|u?int\d+|float\d+", text)
    )


def _distinctive_number(value: float) -> bool:
    if not math.isfinite(value) or abs(value) in _COMMON:
        return False
    if abs(value) < 2**53 and float(value).is_integer():
        whole = abs(int(value))
        if whole & (whole + 1) == 0 or whole & (whole - 1) == 0:  # a power of two, or one less
            return False
        return len(str(whole).strip("0")) >= 4
    digits = re.sub(r"e.*$", "", repr(abs(value))).replace(".", "").strip("0")
    return len(digits) >= 4


def _is_sample(items: list[Any]) -> bool:
    """Say whether a list of numbers or texts is more than a range or a repetition."""
    if len(items) < 4 or not all(isinstance(i, (int, float, str)) for i in items):
        return False
    if len(set(map(repr, items))) < 3:
        return False
    if all(isinstance(i, (int, float)) for i in items):
        return len({round(b - a, 9) for a, b in pairwise(items)}) > 1
    return False


def _key(value: Any) -> Any:
    """Return a value by which equal literals are found; None where it has none."""
    if isinstance(value, bool) or value is None or value is ...:
        return None
    if isinstance(value, (int, float)):
        return ("number", abs(float(value))) if abs(value) < 1e300 else None
    if isinstance(value, str):
        return ("text", value)
    if isinstance(value, bytes):
        return ("bytes", value)
    if isinstance(value, complex):
        return ("complex", repr(value))
    if isinstance(value, dict):
        return ("dict", repr(sorted((repr(_key(k)), repr(_key(v))) for k, v in value.items())))
    if isinstance(value, (set, frozenset)):
        return ("items", repr(sorted(repr(_key(v)) for v in value)))
    if isinstance(value, (list, tuple)):
        return ("items", repr([_key(v) for v in value]))
    return None


def _wanted(
    sources: Iterable[str],
    cases: Iterable[Case],
    recorded: Iterable[tuple[Any, Any]],
    kept_back: frozenset[str] | None,
) -> dict[Any, str]:
    """Return the values a candidate should not hold, each with where it is from."""
    wanted: dict[Any, str] = {}
    secret = kept_back or frozenset()
    tells = kept_back is None

    def take(value: Any, where: str) -> None:
        key = _key(value)
        sized = isinstance(value, (list, tuple, dict, set, frozenset)) and len(value) >= 3
        if key is not None and key not in wanted and (distinctive(value) or sized):
            wanted[key] = where

    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        skipped = _named_in_tests(tree)
        for node, value in Constants(tree).all():
            if id(node) not in skipped:
                take(value, f"line {node.lineno} of a test file" if tells else "of a test")
    for case in sorted(cases, key=lambda c: f"case:{c.name}" in secret):
        for value in _parts([list(case.args), dict(case.kwargs), answers(case.expect)]):
            take(value, "of a case" if f"case:{case.name}" in secret else f"case {case.name}")
    for number, (args, kwargs) in enumerate(recorded, start=1):
        try:
            values = _parts([decode(args), decode(kwargs)])
        except ValueError:
            continue
        for value, _ in zip(values, range(MAX_RECORDED), strict=False):
            take(value, f"recorded call {number}" if tells else "of a call in the tests")
    return wanted


def _named_in_tests(tree: ast.Module) -> set[int]:
    """Return the texts of a test that name something: keys read, messages, ids, patched names."""
    named: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            named |= {id(n) for n in ast.walk(node.slice)}
        elif isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if called in (
                "setattr",
                "patch",
                "getattr",
                "importorskip",
                "skip",
                "fail",
                "warns",
                "get",
            ):
                named |= {id(n) for a in node.args for n in ast.walk(a)}
            if called == "parametrize" and node.args:
                named |= {id(n) for n in ast.walk(node.args[0])}
            named |= {
                id(n)
                for k in node.keywords
                if k.arg in ("match", "id", "ids", "reason")
                for n in ast.walk(k.value)
            }
        elif isinstance(node, ast.Assert) and node.msg is not None:
            named |= {id(n) for n in ast.walk(node.msg)}
        elif isinstance(node, ast.Compare) and any(
            isinstance(o, (ast.In, ast.NotIn)) for o in node.ops
        ):
            named |= {id(n) for n in ast.walk(node.left) if isinstance(n, ast.Constant)}
    return named


def _naming(tree: ast.Module) -> set[int]:
    """Return the texts of a candidate that name something: messages, keys of what it returns."""
    named: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            named |= {id(n) for n in ast.walk(node.exc)}
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and not isinstance(value, ast.Constant):
                    named.add(id(key))
        elif isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if called in _NAMING_CALLS:
                named |= {id(n) for a in node.args for n in ast.walk(a)}
            named |= {id(k.value) for k in node.keywords}
        elif isinstance(node, ast.Subscript):
            named |= {id(n) for n in ast.walk(node.slice)}
    return named


def _compared(tree: ast.Module, wanted: ast.expr, constants: Constants) -> bool:
    """Say whether a container is compared, looked up or matched: a test for one input."""
    value = constants.of(wanted)
    if not isinstance(value, (list, tuple, set, dict)) or len(value) < 3:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(_key(constants.of(s)) == _key(value) for s in sides):
                return all(isinstance(o, (ast.Eq, ast.NotEq, ast.Is)) for o in node.ops)
    return False


def _parts(value: Any) -> Iterator[Any]:
    """Yield a value and what is in it."""
    stack = [value]
    while stack:
        item = stack.pop()
        if hasattr(item, "tolist") and hasattr(item, "dtype"):
            item = item.tolist()
        yield item
        if isinstance(item, dict):
            stack += [v for k, v in item.items() if k != "__type__"]
        elif isinstance(item, (list, tuple, set, frozenset)):
            stack += list(item)


def _texts_of(spec: FunctionSpec) -> list[str]:
    options = repr(spec.options.shaping())
    return [spec.source, spec.docstring, spec.name, options, *spec.closure.values()]


def _known(texts: Sequence[str]) -> set[Any]:
    known = set()
    for text in texts:
        with suppress(SyntaxError, ValueError):
            known |= {_key(v) for _, v in Constants(ast.parse(text)).all()}
        known |= {
            ("number", abs(float(n))) for n in re.findall(r"\d+\.?\d*(?:[eE][-+]?\d+)?", text)
        }
    return known


def _environment(tree: ast.Module, own: Sequence[str]) -> Iterator[Finding]:
    """Yield where the candidate looks for a test run."""
    skipped = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        text = ""
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            text = node.value
        elif isinstance(node, ast.Name):
            text = node.id
        elif isinstance(node, ast.Attribute):
            text = node.attr
        elif isinstance(node, ast.alias):
            text = node.name
        found = _ENVIRONMENT.search(text)
        if found and not any(found.group(0) in o for o in own):
            message = f"{_short(text)} looks for the test run: behave alike in tests and outside"
            yield _finding(node, "cheat", message)


def _finding(node: ast.AST, rule: str, message: str) -> Finding:
    return Finding(getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, rule, message)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
