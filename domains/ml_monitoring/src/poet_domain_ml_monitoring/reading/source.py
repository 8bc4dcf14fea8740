"""Reading the user's function: its syntax tree, and what names and expressions say."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NoReturn

from poet.errors import RecipeRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from poet.spec import FunctionSpec

__all__ = [
    "Reading",
    "called",
    "closure_text",
    "comparisons",
    "doc_says_p",
    "imports_of",
    "name_says_p",
    "refuse",
    "same_type",
    "tokens",
]

P_WORDS = {"p", "pval", "pvalue", "pvals", "pvalues"}
TESTS = {"ks_2samp", "ttest_ind", "mannwhitneyu", "chisquare", "chi2_contingency", "kstest"}
_TYPES = {"bool": "bool", "any": "bool", "all": "bool", "float": "float", "abs": "float",
          "round": "float", "sum": "float", "min": "float", "max": "float", "mean": "float",
          "len": "int", "int": "int", "str": "str", "dict": "mapping", "list": "list",
          "sorted": "list", "set": "list", "tuple": "tuple", "sqrt": "float"}  # fmt: skip


def refuse(spec: FunctionSpec, what: str, hint: str) -> NoReturn:
    """Refuse the function, naming the reason and the way out."""
    raise RecipeRefusedError(
        f"{spec.qualname}: {what}", where=f"{spec.path}:{spec.line}", hint=hint
    )


def tokens(name: str) -> list[str]:
    """Split a name into lower-case words: ``train_df2`` and ``trainDf2`` give train, df."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [t for t in re.split(r"[^a-z]+", spaced.lower()) if t]


def name_says_p(name: str) -> bool:
    """Say whether a name is that of a p-value, such as ``p``, ``p_value`` or ``ks_pvalue``."""
    return not P_WORDS.isdisjoint(tokens(name))


def doc_says_p(text: str) -> bool:
    """Say whether a docstring speaks of p-values."""
    return re.search(r"\bp[- ]?val", text, re.IGNORECASE) is not None


def imports_of(module_source: str) -> dict[str, str]:
    """Return what each imported name of a module means: ``pd`` is ``pandas``."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(module_source)):
        if isinstance(node, ast.Import):
            for a in node.names:
                found[a.asname or a.name.split(".")[0]] = (
                    a.name if a.asname else a.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
    return found


def comparisons(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield both sides of each order comparison, both ways round."""
    for part in ast.walk(node):
        if isinstance(part, ast.Compare):
            sides = [part.left, *part.comparators]
            for left, op, right in zip(sides, part.ops, sides[1:], strict=False):
                if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                    yield left, right
                    yield right, left


class Reading:
    """The body of a function, with its local variables resolved.

    Attributes:
        node: The ``def``.
        returns: The expressions of its own ``return`` statements; None for a bare one.
        assigned: Local name to the expressions assigned to it.
        filled: Local name to ``(key, value)`` of each ``name[key] = value``.
        appended: Local name to the expressions appended or added to it.
        loops: Names that ``for`` loops and comprehensions bind, to what they run over.
    """

    def __init__(self, spec: FunctionSpec) -> None:
        first = ast.parse(spec.source).body[0]
        assert isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef)
        self.node = first
        self.returns: list[ast.expr | None] = []
        self.assigned: dict[str, list[ast.expr]] = {}
        self.filled: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
        self.appended: dict[str, list[ast.expr]] = {}
        self.loops: dict[str, list[ast.expr]] = {}
        for node in own_nodes(first):
            self._take(node)
        self.names = {
            n.id for part in first.body for n in ast.walk(part) if isinstance(n, ast.Name)
        }

    def _take(self, node: ast.AST) -> None:
        match node:
            case ast.Return():
                self.returns.append(node.value)
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case ast.For(target=target, iter=over) | ast.comprehension(target=target, iter=over):
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        self.loops.setdefault(part.id, []).append(over)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add"), args=[value]
            ):
                self.appended.setdefault(name, []).append(value)
            case _:
                pass

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.assigned.setdefault(name, []).append(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                self.filled.setdefault(name, []).append((key, value))
            case ast.Tuple(elts=targets) if isinstance(value, ast.Tuple):
                if len(targets) == len(value.elts):
                    for part, item in zip(targets, value.elts, strict=True):
                        self._assign(part, item)
            case _:
                pass

    def resolved(self, expression: ast.expr) -> list[ast.expr]:
        """Return what an expression may stand for: a local's assigned values, or itself."""
        found, seen = [], set()
        stack = [expression]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.IfExp):
                stack += [part.orelse, part.body]
            elif isinstance(part, ast.Name) and part.id in self.assigned:
                if part.id not in seen:
                    seen.add(part.id)
                    stack += self.assigned[part.id]
            else:
                found.append(part)
        return found

    def says_p(self, expression: ast.expr) -> bool:
        """Say whether an expression is a p-value by the names it is made of."""
        for part in [expression, *self.resolved(expression)]:
            match part:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    if name_says_p(name):
                        return True
                case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=1)):
                    if called(call) in TESTS:
                        return True
                case ast.Call(func=func, args=[inner]) if called(part) in ("float", "round", "min"):
                    del func
                    if self.says_p(inner):
                        return True
                case ast.Call() if name_says_p(called(part)):
                    return True
                case _:
                    pass
        return False

    def type_of(self, expression: ast.expr) -> str | None:
        """Return bool, float, int, str, none, mapping, list or tuple; None for other types."""
        return same_type({self._type(part) for part in self.resolved(expression)})

    def _type(self, part: ast.expr) -> str | None:
        match part:
            case ast.Constant(value=value):
                return "none" if value is None else type(value).__name__
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return "bool"
            case ast.JoinedStr():
                return "str"
            case ast.BinOp() | ast.UnaryOp():
                return "float"
            case ast.Dict() | ast.DictComp():
                return "mapping"
            case ast.List() | ast.ListComp() | ast.Set() | ast.SetComp():
                return "list"
            case ast.Tuple():
                return "tuple"
            case ast.Attribute(attr=attr) if attr in ("pvalue", "statistic"):
                return "float"
            case ast.Call():
                return _TYPES.get(called(part))
            case ast.Name(id=name) if name in self.filled:
                return "mapping"
            case _:
                return None

    def words(self, expression: ast.expr) -> list[str] | None:
        """Return the literal texts an expression may be, in order; None if it may be another."""
        found = []
        for part in self.resolved(expression):
            if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
                return None
            found.append(part.value)
        return list(dict.fromkeys(found))


def called(call: ast.expr) -> str:
    """Return the last name of what is called: ``stats.ks_2samp(...)`` gives ``ks_2samp``."""
    match call:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def same_type(types: set[str | None]) -> str | None:
    """Return the one type of several, None apart and whole numbers as floats."""
    rest = types - {"none"}
    if rest == {"int", "float"}:
        return "float"
    if len(rest) == 1:
        return rest.pop()
    return "none" if types == {"none"} else None


def own_nodes(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body in source order, not those of functions inside it."""
    stack: list[ast.AST] = list(reversed(node.body))
    while stack:
        current = stack.pop()
        yield current
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        if not isinstance(current, inner):
            stack.extend(reversed(list(ast.iter_child_nodes(current))))


def closure_text(mapping: Mapping[str, str], name: str) -> str | None:
    """Return the text under ``module:name`` in a closure, whatever the module."""
    return next((text for key, text in mapping.items() if key.rpartition(":")[2] == name), None)
