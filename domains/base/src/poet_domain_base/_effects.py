"""Which calls of a function may have an effect, and whether a failed one may be repeated.

A retry repeats the whole function. So by default there is one only where a single call can have an
effect and that call fails, if it fails to connect, before anything has happened.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, NamedTuple

from poet.spec import FunctionSpec, dotted_name
from poet_domain_base._types import imports_in, parsed

__all__ = ["RetryDecision", "connecting_calls", "decide_retry", "only_calls"]

# Calls that open one connection: if it is refused, or the name is not found, nothing was sent.
CONNECTS = {
    "urllib.request.urlopen", "socket.create_connection", "socket.getaddrinfo",
    "requests.get", "requests.head", "requests.options",
    "httpx.get", "httpx.head", "httpx.options", "httpx.post", "httpx.put", "httpx.patch", "httpx.delete",
}  # fmt: skip
# Builtins that call nothing handed to them; map and filter are not among them.
PURE_BUILTINS = {
    "abs", "all", "any", "bool", "bytes", "dict", "enumerate", "float", "format", "frozenset",
    "int", "isinstance", "len", "list", "max", "min", "range", "repr", "reversed", "round",
    "set", "sorted", "str", "sum", "tuple", "type", "zip",
}  # fmt: skip
PURE_CALLS = {
    "json.loads", "json.load", "json.dumps", "os.environ.get", "os.getenv", "os.path.join",
    "pathlib.Path", "pathlib.PurePath", "urllib.parse.quote", "urllib.parse.urlencode",
    "urllib.parse.urljoin", "urllib.request.Request",
}  # fmt: skip
# Methods of plain values; a module's function of such a name (shutil.copy) is not meant.
PURE_METHODS = {
    "copy", "decode", "encode", "endswith", "format", "items", "join", "keys", "lower", "lstrip",
    "replace", "rstrip", "split", "splitlines", "startswith", "strip", "upper", "values",
}  # fmt: skip
# Harmless only on what the call itself has made: a queue's get and a shared list's append are not.
OWN_METHODS = {"append", "get", "json", "raise_for_status", "read", "readlines"}


class RetryDecision(NamedTuple):
    """Whether the recipe repeats failures, which ones, and the reason for a reviewer."""

    on: str | None
    reason: str


def decide_retry(spec: FunctionSpec) -> RetryDecision:
    """Return the decision for a function."""
    if spec.kind in ("generator", "async generator"):
        return RetryDecision(None, "no retries: values already handed out cannot be taken back")
    changed = _changed_argument(spec)
    if changed:
        return RetryDecision(
            None,
            f"no retries: it changes its argument {changed}, which a second call would find changed",
        )
    if spec.options.idempotent:
        return RetryDecision(
            "transient", "retries any transient failure: idempotent=True is declared"
        )
    function = ast.parse(spec.source).body[0]
    sites = _Sites(function, spec.module_source).found
    if not sites:
        return RetryDecision(
            None, "no retries: it calls nothing that can fail for a passing moment"
        )
    where = ", ".join(
        f"{s.name} (line {spec.line + s.node.lineno - function.lineno})" for s in sites
    )
    ask = "declare idempotent=True if it may run twice"
    if len(sites) > 1:
        return RetryDecision(
            None, f"no retries: more than one call may take effect: {where}; {ask}"
        )
    if sites[0].repeated:
        return RetryDecision(None, f"no retries: {where} may run more than once in a call; {ask}")
    if not sites[0].connects:
        return RetryDecision(
            None, f"no retries: {where} may have taken effect when it fails; {ask}"
        )
    return RetryDecision(
        "before_effect",
        f"retries a refused connection and a failed name look-up: {where} is the one call with an effect",
    )


_CHANGING = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft",
    "put", "put_nowait", "get_nowait", "remove", "reverse", "setdefault", "sort", "update", "send",
    "write", "writelines",
}  # fmt: skip


def _changed_argument(spec: FunctionSpec) -> str | None:
    """Return a parameter that the function changes, None if its text shows none."""
    names = {p.name for p in spec.parameters}
    for node in ast.walk(ast.parse(spec.source)):
        target: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func.value if node.func.attr in _CHANGING else None
        elif isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(
            node.ctx, ast.Load
        ):
            target = node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        if isinstance(target, ast.Name) and target.id in names:
            return target.id
    return None


def only_calls(spec: FunctionSpec, names: Iterable[str]) -> bool:
    """Say whether calls of ``names`` are all in the function that may have an effect."""
    sites = _Sites(ast.parse(spec.source).body[0], spec.module_source)
    allowed = set(names)
    return all(
        isinstance(s.node, ast.Call) and sites.full_name(s.node.func) in allowed
        for s in sites.found
    )


def connecting_calls(spec: FunctionSpec) -> tuple[str, ...]:
    """Return the dotted names of the calls in the function that open one connection."""
    sites = _Sites(ast.parse(spec.source).body[0], spec.module_source)
    found = [
        sites.full_name(s.node.func)
        for s in sites.found
        if isinstance(s.node, ast.Call) and s.connects
    ]
    return tuple(dict.fromkeys(filter(None, found)))


class _Site(NamedTuple):
    """A place that may have an effect.

    Attributes:
        node: The call or the assignment.
        name: As the source writes it.
        repeated: Whether it may run more than once in a call.
        connects: Whether a refused connection there means that nothing has happened.
    """

    node: ast.expr | ast.stmt
    name: str
    repeated: bool
    connects: bool


_LOOPS = (
    ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda,
)  # fmt: skip
_FRESH = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.BinOp, ast.Compare,
)  # fmt: skip


class _Sites:
    """Finds each place of a function that may have an effect."""

    def __init__(self, function: ast.stmt, module_source: str) -> None:
        module = parsed(module_source)
        self.imports = _imports(imports_in(module_source))
        self.hidden = {
            n.name
            for n in module.body
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        }
        self.hidden |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        self.hidden |= {
            n.id
            for n in ast.walk(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        self.shared = {
            name
            for n in ast.walk(function)
            if isinstance(n, (ast.Global, ast.Nonlocal))
            for name in n.names
        }
        self.sends = any(
            self.full_name(n.func) == "urllib.request.Request"
            and (len(n.args) > 1 or any(k.arg != "headers" for k in n.keywords))
            for n in ast.walk(function)
            if isinstance(n, ast.Call)
        )
        self.own = self._own_names(function)
        self.found: list[_Site] = []
        for statement in getattr(function, "body", []):
            self._walk(statement, False)

    def full_name(self, node: ast.expr) -> str | None:
        """Return the dotted name with its imported head spelled out, None for what is hidden."""
        head, _, rest = (dotted_name(node) or "").partition(".")
        if not head or head in self.hidden:
            return None
        return ".".join(filter(None, (self.imports.get(head, head), rest)))

    def _own_names(self, function: ast.stmt) -> set[str]:
        """Return the local names that only ever mean what this call itself has made."""
        made: set[str] = set()
        other = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)} | self.shared
        for node in ast.walk(function):
            pairs: list[tuple[ast.expr | None, ast.expr | None]] = []
            if isinstance(node, ast.Assign):
                pairs = [(target, node.value) for target in node.targets]
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
                pairs = [(node.target, node.value)]
            elif isinstance(node, ast.withitem):
                pairs = [(node.optional_vars, node.context_expr)]
            for target, value in pairs:
                if isinstance(target, ast.Name) and (value is None or self._fresh(value)):
                    made.add(target.id)
                elif target is not None:
                    other |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                other |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        return made - other

    def _fresh(self, value: ast.expr) -> bool:
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call):
            name = self.full_name(value.func)
            method = value.func.attr if isinstance(value.func, ast.Attribute) else ""
            known = PURE_BUILTINS | PURE_CALLS | CONNECTS
            return name in known or method in PURE_METHODS | {"json", "read", "readlines"}
        return isinstance(value, _FRESH)

    def _is_own(self, receiver: ast.expr) -> bool:
        if isinstance(receiver, ast.Name):
            return receiver.id in self.own
        return self._fresh(receiver)

    def _is_pure(self, call: ast.Call) -> bool:
        name = self.full_name(call.func)
        if name in PURE_BUILTINS:  # max(key=...) calls what it is given
            return not any(k.arg == "key" for k in call.keywords)
        if name in PURE_CALLS:
            return True
        if not isinstance(call.func, ast.Attribute) or name in CONNECTS:
            return False
        receiver, method = call.func.value, call.func.attr
        head = (dotted_name(receiver) or "").partition(".")[0]
        if method in PURE_METHODS:
            return head in self.hidden or head not in self.imports
        return method in OWN_METHODS and self._is_own(receiver)

    def _connects(self, call: ast.Call) -> bool:
        name = self.full_name(call.func) or ""
        given = {k.arg for k in call.keywords}
        if name not in CONNECTS or None in given:
            return False
        if name == "urllib.request.urlopen":
            return not (self.sends or "data" in given or len(call.args) > 1)
        # What was sent stays sent where a redirect then leads to a refused connection.
        return "follow_redirects" not in given or name in ("httpx.get", "httpx.head")

    def _walk(self, node: Any, repeated: bool) -> None:
        if isinstance(node, ast.Call) and not self._is_pure(node):
            shown = dotted_name(node.func) or (
                node.func.attr if isinstance(node.func, ast.Attribute) else "a call"
            )
            self.found.append(_Site(node, shown, repeated, self._connects(node)))
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            root: ast.expr = node
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if not (isinstance(root, ast.Name) and root.id in self.own):
                self.found.append(_Site(node, f"a change of {ast.unparse(node)}", repeated, False))
        stored = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        if stored and node.id in self.shared:
            self.found.append(_Site(node, f"a change of {node.id}", repeated, False))
        for child in ast.iter_child_nodes(node):
            self._walk(child, repeated or isinstance(node, _LOOPS))


def _imports(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return what each imported name means: its dotted name."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                found[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found
