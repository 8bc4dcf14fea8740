"""Names and calls: builtins, imported functions with a catch, and texts that name what is run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from poet.gate.audit.allowed import AGGREGATES, BUILTINS, SPECIAL_METHODS
from poet.gate.audit.attributes import by_name_problem, named_attribute
from poet.gate.audit.classes import in_annotation
from poet.gate.audit.closed import COPIED_METHODS, TEST_TEXT, is_closed, special_in_text
from poet.gate.audit.context import Context
from poet.gate.audit.finding import Finding, at
from poet.gate.audit.source import fields_of_namedtuple

__all__ = ["call", "imported_use", "name", "rebinding", "text"]

_ALL_BUILTINS = frozenset(dir(builtins))
_BY_NAME = ("getattr", "hasattr")
_UNTOUCHED = ("super", "getattr", "hasattr", "object", "type", "isinstance", "property")
_MAPS = ("map_batches", "map_elements", "map_rows", "map_groups", "rolling_map", "pipe")
_HARMLESS_KEYWORDS = (
    "axis",
    "raw",
    "by_row",
    "result_type",
    "engine",
    "return_dtype",
    "include_groups",
)


def name(context: Context, node: ast.Name) -> Iterator[Finding]:
    """Judge a name that is read."""
    if not isinstance(node.ctx, ast.Load):
        return
    above = context.source.parent(node)
    if node.id in context.imports.names:
        if not isinstance(above, ast.Attribute) and not _is_test(context, node):
            yield at(node, "import", f"module {node.id} as a value: use it before a dot only")
        return
    if node.id in _BY_NAME and not (isinstance(above, ast.Call) and above.func is node):
        yield at(node, "attribute", f"{node.id} as a value: call it, with the name written out")
    if node.id == "super" and not (isinstance(above, ast.Call) and above.func is node):
        yield at(node, "name", "super as a value: call super() where it is needed")
    special = node.id.startswith("__") and node.id.endswith("__")
    refused = node.id in _ALL_BUILTINS and node.id not in BUILTINS
    if node.id == "BaseException" and (in_annotation(context, node) or _is_asked(context, node)):
        return
    if special and node.id in SPECIAL_METHODS and context.source.scope(node).kind == "class":
        return  # __radd__ = __add__
    if refused and not context.source.is_local(node):
        yield at(node, "name", f"builtin {node.id!r} is not granted{_instead(node.id)}")
    elif special and node.id not in ("__name__", "__debug__", "__all__", "__version__", "__doc__"):
        yield at(node, "name", f"name {node.id!r} is not granted: only __name__ is")


def _is_asked(context: Context, node: ast.AST) -> bool:
    """Say whether a class stands in ``isinstance(x, ...)`` only."""
    above = context.source.parent(node)
    if isinstance(above, (ast.Tuple, ast.BinOp)):
        node, above = above, context.source.parent(above)
    return (
        isinstance(above, ast.Call)
        and isinstance(above.func, ast.Name)
        and above.func.id in ("isinstance", "issubclass")
        and not context.source.bound_to(above.func.id)
    )


def _instead(name: str) -> str:
    if name in ("eval", "exec", "compile"):
        return ": write the code itself, or ast.literal_eval for literals"
    if name in ("open", "input"):
        return ": take the data as an argument"
    if name in ("vars", "globals", "locals", "dir", "setattr", "delattr"):
        return ": name the attributes, or keep them in a dict"
    if name in ("BaseException", "SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        return ": use Exception or a narrower class"
    return ", nor a local name of that spelling bound here"


def _is_test(context: Context, node: ast.Name) -> bool:
    """Say whether a module is only asked whether it is there: ``if np is not None``."""
    above = context.source.parent(node)
    if isinstance(above, ast.Compare):
        sides = [above.left, *above.comparators]
        others = [s for s in sides if s is not node]
        return all(isinstance(o, (ast.Is, ast.IsNot)) for o in above.ops) and all(
            isinstance(o, ast.Constant) and o.value is None for o in others
        )
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    return isinstance(above, (ast.If, ast.IfExp, ast.While)) and above.test is node


def call(context: Context, node: ast.Call) -> Iterator[Finding]:
    """Judge a call for what it is given."""
    function = node.func
    if isinstance(function, ast.Name) and function.id in _BY_NAME:
        yield from named_attribute(context, node)
    for keyword in node.keywords:
        if keyword.arg and keyword.arg.startswith("__"):
            yield at(node, "name", f"argument {keyword.arg!r}: special names are not granted")
        elif keyword.arg == "refcheck":
            yield at(node, "attribute", "refcheck: make a new array, as np.resize does")
    if isinstance(function, ast.Attribute) and context.imports.module_of(function.value) is None:
        first = node.args[0] if node.args else None
        if function.attr in COPIED_METHODS and not _safe_aggregation(context, node):
            yield at(
                node,
                "attribute",
                f"{function.attr} by a name that is not written out: give a function, "
                "an expression, or one of mean, sum, min, max and the like",
            )
        elif function.attr in _MAPS and isinstance(first, ast.Constant):
            yield at(node, "attribute", f"{function.attr} with a text: give a function")


def _safe_aggregation(context: Context, node: ast.Call) -> bool:
    """Say whether no text can be among the arguments that names a method to write a file with.

    One argument alone may be anything but a text that is not listed: without a second one there is
    no path to write to.
    """
    given = list(node.args)
    for keyword in node.keywords:
        value = keyword.value
        if keyword.arg not in _HARMLESS_KEYWORDS:
            # total=("column", "sum"): the first is the name of a column
            pair = isinstance(value, ast.Tuple) and len(value.elts) == 2 and keyword.arg != "func"
            given.append(value.elts[1] if pair and isinstance(value, ast.Tuple) else value)
    plain = [_is_plain(context, value) for value in given]
    if False in plain or any(k.arg is None for k in node.keywords):
        return False
    return None not in plain or len(given) == 1


def _is_plain(context: Context, root: ast.expr) -> bool | None:
    """Say whether an argument holds functions, expressions and listed names of methods only.

    False if it holds another text, None if that cannot be seen.
    """
    pending: list[ast.expr] = [root]
    seen: set[str] = set()
    sure = True
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value not in AGGREGATES:
                return False
        elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            pending += node.elts
        elif isinstance(node, ast.Dict):
            pending += node.values
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            pending.append(node.elt)
        elif isinstance(node, (ast.DictComp, ast.Starred)):
            pending.append(node.value)
        elif isinstance(node, ast.UnaryOp):
            pending.append(node.operand)
        elif isinstance(node, ast.BinOp):
            pending += [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            return False
        elif isinstance(node, (ast.Lambda, ast.Compare)):
            continue
        elif isinstance(node, ast.Name):
            given = _given(context, node)
            if given is not None and node.id not in seen:
                seen.add(node.id)
                pending += given
            else:
                sure = sure and _is_function(context, node)
        elif isinstance(node, (ast.Call, ast.Attribute)):
            sure = sure and _from_library(context, node)
        else:
            sure = False
    return sure or None


def _given(context: Context, node: ast.Name) -> list[ast.expr] | None:
    """Return the values that a name is given, None if it may have others."""
    given = [context.source.parent(b.node) for b in context.source.bound_to(node.id)]
    values = [g.value for g in given if isinstance(g, ast.Assign) and node.id in _targets(g)]
    return values if values and len(values) == len(given) else None


def _targets(node: ast.Assign) -> list[str]:
    return [t.id for t in node.targets if isinstance(t, ast.Name)]


def _is_function(context: Context, node: ast.Name) -> bool:
    bound = context.source.bound_to(node.id)
    if bound:
        return all(isinstance(b.node, (ast.FunctionDef, ast.ClassDef)) for b in bound)
    return node.id in context.imports.taken or node.id in BUILTINS


def _from_library(context: Context, node: ast.expr) -> bool:
    """Say whether a chain such as ``pl.col("x").mean()`` starts at an imported name."""
    if context.imports.origin(node):
        return True
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
        origin = context.imports.origin(node) or ""
        if origin.startswith("polars.") or origin in ("functools.partial", "pandas.NamedAgg"):
            return True
    return False


def imported_use(context: Context, node: ast.Name | ast.Attribute) -> Iterator[Finding]:
    """Judge the use of an imported function that would open more than it seems."""
    origin = context.imports.origin(node)
    check = _CHECKED.get(origin or "")
    if origin is None or check is None:
        return
    above = context.source.parent(node)
    if not (isinstance(above, ast.Call) and above.func is node):
        if origin == "typing.NamedTuple" and isinstance(above, ast.ClassDef):
            return
        yield at(node, "import", f"{origin} as a value: call it where it is needed")
        return
    problem = check(context, above)
    if problem:
        yield at(node, "attribute", f"{origin}: {problem}")


def _written_names(context: Context, node: ast.Call) -> str | None:
    names = node.args if "attrgetter" in ast.dump(node.func) or not node.args else node.args[:1]
    if node.keywords and "methodcaller" not in ast.dump(node.func):
        return "takes no keywords"
    for item in names:
        value = item.value if isinstance(item, ast.Constant) else None
        if not isinstance(value, str):
            return "write the name out"
        for part in value.split("."):
            problem = by_name_problem(context, part)
            if problem:
                return problem
            if part in _MAPS:
                return f"{part!r}: use a lambda"
    return None if names else "write the name out"


def _written_fields(_: Context, node: ast.Call) -> str | None:
    fields = fields_of_namedtuple(node)
    if fields is None or any(k.arg is None for k in node.keywords):
        return "write the fields out"
    return next((p for f in fields if (p := _field_problem(f))), None)


def _field_problem(field: str) -> str | None:
    if is_closed(field) or field.startswith("_"):
        return f"field {field!r}: give it another name"
    return None


def _plain_wraps(_: Context, node: ast.Call) -> str | None:
    plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
    return None if plain else "takes the wrapped function only"


def _plain_catch(_: Context, node: ast.Call) -> str | None:
    if node.args or any(k.arg in (None, "module") for k in node.keywords):
        return "record=True and action=... only"
    return None


def _inside_catch(context: Context, node: ast.Call) -> str | None:
    for above in context.source.parents(node):
        if isinstance(above, (ast.With, ast.AsyncWith)):
            for item in above.items:
                entered = item.context_expr
                if (
                    isinstance(entered, ast.Call)
                    and context.imports.origin(entered.func) == "warnings.catch_warnings"
                ):
                    return None
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            break
    return "is process-wide: use it inside `with warnings.catch_warnings():`"


_CHECKED = {
    "operator.attrgetter": _written_names,
    "operator.methodcaller": _written_names,
    "collections.namedtuple": _written_fields,
    "typing.NamedTuple": _written_fields,
    "functools.wraps": _plain_wraps,
    "warnings.catch_warnings": _plain_catch,
    "warnings.simplefilter": _inside_catch,
    "warnings.filterwarnings": _inside_catch,
}


def text(context: Context, node: ast.Constant) -> Iterator[Finding]:
    """Judge a text: what names a special method, or asks whether this is a test."""
    value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
    if not isinstance(value, str) or isinstance(context.source.parent(node), ast.Expr):
        return
    if TEST_TEXT.fullmatch(value):
        yield at(
            node,
            "test environment",
            f"text {value[:40]!r}: a candidate must not know whether it is being tested",
        )
    special = special_in_text(value)
    if special and special != "__array__":
        above = context.source.parent(node)
        asked = isinstance(above, ast.Call) and getattr(above.func, "id", "") == "hasattr"
        if not asked:
            yield at(node, "attribute", f"text with {special!r}: special names are not granted")


def rebinding(context: Context) -> Iterator[Finding]:
    """Judge the names that are bound."""
    for binding in context.source.bindings:
        special = binding.name.startswith("__") and binding.name.endswith("__")
        if binding.name in _UNTOUCHED and binding.scope.kind != "class":
            if binding.name == "type" and isinstance(binding.node, ast.arg):
                continue
            yield at(binding.node, "name", f"binds {binding.name!r}: choose another name")
        elif special and binding.name not in SPECIAL_METHODS:
            kind = "special method" if binding.scope.kind == "class" else "name"
            yield at(
                binding.node,
                "name",
                f"{kind} {binding.name}: not one generated code needs; use a plain method",
            )
