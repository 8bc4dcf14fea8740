"""A candidate's tree, walked once: parents, scopes, bindings and the names it defines itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from poet.gate.audit.text import children

__all__ = ["Binding", "Function", "Scope", "Source", "fields_of_namedtuple"]

Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OPENING = (*Function, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS, ast.comprehension)
_NONE: frozenset[int] = frozenset()


class Scope:
    """A region whose names Python looks up together.

    Attributes:
        kind: A comprehension is a kind of its own: ``:=`` in it binds outside of it.
        node: Module, class, function, lambda or comprehension.
        parent: The scope around it.
        bound: Names bound in it.
        declared: Of these, the ones declared global or nonlocal.
    """

    __slots__ = ("bound", "declared", "kind", "node", "parent")

    def __init__(
        self,
        kind: Literal["module", "class", "function", "comprehension"],
        node: ast.AST,
        parent: Scope | None,
    ) -> None:
        self.kind = kind
        self.node = node
        self.parent = parent
        self.bound: set[str] = set()
        self.declared: set[str] = set()


class Binding(NamedTuple):
    """A place that binds a name."""

    name: str
    node: ast.AST
    scope: Scope


class Source:
    """What the rules ask of a candidate.

    Attributes:
        tree: The module.
        nodes: Every node.
        bindings: Every place that binds a name, imports left out.
        own: Attribute names that the source defines: of classes, of ``self``, of named tuples.
        classes: The classes it defines, by name.
        functions: Names of the functions and methods it defines.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.nodes: list[ast.AST] = []
        self.bindings: list[Binding] = []
        self.classes: dict[str, ast.ClassDef] = {}
        self.functions: set[str] = set()
        self.own: set[str] = set()
        self._parents: dict[int, ast.AST] = {}
        self._scopes: dict[int, Scope] = {}
        self._loads: dict[str, list[ast.Name]] = {}
        self._by_name: dict[str, list[Binding]] = {}
        self._walk()
        for binding in self.bindings:
            self._by_name.setdefault(binding.name, []).append(binding)
        self._find_own()

    def parent(self, node: ast.AST) -> ast.AST:
        """Return the node around ``node``; the module is its own."""
        return self._parents.get(id(node), node)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around ``node``, the nearest first."""
        while (above := self._parents.get(id(node))) is not None:
            yield above
            node = above

    def scope(self, node: ast.AST) -> Scope:
        """Return the scope in which ``node`` is evaluated."""
        return self._scopes[id(node)]

    def loads(self, name: str) -> list[ast.Name]:
        """Return the places that read a name."""
        return self._loads.get(name, [])

    def is_local(self, node: ast.Name) -> bool:
        """Say whether a name is certain to be a local one, so that no builtin can be meant."""
        scope: Scope | None = self.scope(node)
        while scope is not None:
            if scope.kind in ("function", "comprehension") and node.id in scope.bound:
                return node.id not in scope.declared
            scope = scope.parent
        return False

    def bound_to(self, name: str) -> list[Binding]:
        """Return the places that bind ``name``."""
        return self._by_name.get(name, [])

    def _walk(self) -> None:
        top = Scope("module", self.tree, None)
        stack: list[tuple[ast.AST, Scope]] = [(self.tree, top)]
        while stack:
            node, scope = stack.pop()
            self.nodes.append(node)
            self._scopes[id(node)] = scope
            self._bind(node, scope)
            inner, inside = (
                self._opened(node, scope) if isinstance(node, _OPENING) else (scope, _NONE)
            )
            for child in children(node):
                self._parents[id(child)] = node
                stack.append((child, inner if id(child) in inside else scope))
        self.nodes.sort(key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)))

    def _opened(self, node: ast.AST, scope: Scope) -> tuple[Scope, AbstractSet[int]]:
        """Return the scope that ``node`` opens and which of its children are in it."""
        if isinstance(node, (*Function, ast.Lambda)):
            body = node.body if isinstance(node.body, list) else [node.body]
            inner = Scope("function", node, scope)
            for arg in _arguments(node.args):
                inner.bound.add(arg.arg)
                self.bindings.append(Binding(arg.arg, arg, inner))
            return inner, {id(n) for n in body}
        if isinstance(node, ast.ClassDef):
            return Scope("class", node, scope), {id(n) for n in node.body}
        if isinstance(node, _COMPREHENSIONS):
            return Scope("comprehension", node, scope), {id(n) for n in children(node)}
        if isinstance(node, ast.comprehension):
            above = self._parents[id(node)]
            first = isinstance(above, _COMPREHENSIONS) and above.generators[0] is node
            if first:  # the first iterable is evaluated outside
                assert scope.parent is not None
                return scope.parent, {id(node.iter)}
        return scope, _NONE

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        name: str | None = None
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._loads.setdefault(node.id, []).append(node)
                return
            name = node.id
            above = self._parents.get(id(node))
            if isinstance(above, ast.NamedExpr) and scope.kind == "comprehension":
                self.bindings.append(Binding(name, node, scope))
                return
        elif isinstance(node, ast.ClassDef):
            name = node.name
            self.classes.setdefault(name, node)
        elif isinstance(node, Function):
            name = node.name
            self.functions.add(name)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            name = node.name
        elif isinstance(node, ast.MatchMapping):
            name = node.rest
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            scope.declared |= set(node.names)
            self.bindings += [Binding(n, node, scope) for n in node.names]
            return
        if name is not None:
            scope.bound.add(name)
            self.bindings.append(Binding(name, node, scope))

    def _find_own(self) -> None:
        for binding in self.bindings:
            if binding.scope.kind == "class":
                self.own.add(binding.name)
        self.own |= self.functions | self.classes.keys()
        receivers = {"self", "cls", *self.classes, *self.functions}
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                if (
                    isinstance(node.ctx, ast.Store)
                    and isinstance(node.value, ast.Name)
                    and node.value.id in receivers
                ):
                    self.own.add(node.attr)
            elif isinstance(node, ast.Call):
                self.own |= set(fields_of_namedtuple(node) or ())
            elif isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__slots__" for t in node.targets
            ):
                self.own |= set(_texts(node.value) or ())
        self.own = {n for n in self.own if not (n.startswith("__") and n.endswith("__"))}


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [a for a in (arguments.vararg, arguments.kwarg) if a]


def _texts(node: ast.expr) -> list[str] | None:
    """Return the texts of a literal such as ``"a b"``, ``("a", "b")`` or ``[("a", int)]``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace(",", " ").split()
    if not isinstance(node, (ast.Tuple, ast.List)):
        return None
    texts = []
    for item in node.elts:
        first = item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            return None
        texts.append(first.value)
    return texts


def fields_of_namedtuple(node: ast.Call) -> list[str] | None:
    """Return the fields of ``namedtuple("Name", "a b")``, None if they are not written out."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ("namedtuple", "NamedTuple") or len(node.args) != 2:
        return None
    return _texts(node.args[1])
