"""The text of one test function, with what it uses of its own file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["FileTree", "file_tree", "source_of"]

SMALL = 1500  # characters of one helper that is shown
MOST = 6000  # characters of a test with all of its helpers
_SETUP = ("setup_method", "setup_class", "setup", "setUp", "setUpClass")
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class FileTree(NamedTuple):
    """A test file, read.

    Attributes:
        lines: Of its text.
        body: Its statements.
    """

    lines: list[str]
    body: list[ast.stmt]


def file_tree(text: str) -> FileTree | None:
    """Return a test file's tree, None if it is not Python."""
    try:
        return FileTree(text.split("\n"), ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError):
        return None


def source_of(tree: FileTree, within: Sequence[str]) -> str:
    """Return the text of a test, after the small helpers and fixtures of its file that it uses.

    Blocks are parted by two empty lines, the test's own is the last.

    Args:
        tree: The file.
        within: The test's name, after those of the classes it stands in.
    """
    body, owner = tree.body, None
    for name in within[:-1]:
        owner = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == name), None)
        if owner is None:
            return ""
        body = owner.body
    test = next((n for n in body if isinstance(n, Named) and n.name == within[-1]), None)
    if test is None:
        return ""
    last = _text(tree, test)
    blocks: list[str] = []
    seen: set[int] = {id(test)}
    pending: list[ast.AST] = [test, *(owner.decorator_list if owner else [])]
    if owner is not None:
        last = f"# in class {'.'.join(within[:-1])}\n{last}"
        pending += [n for n in owner.body if isinstance(n, Named) and n.name in _SETUP]
        blocks += [_text(tree, n) for n in pending[1:] if isinstance(n, Named)]
    while pending:
        for helper in _used(tree, owner, pending.pop(0)):
            if id(helper) in seen:
                continue
            seen.add(id(helper))
            text = _text(tree, helper)
            if len(text) <= SMALL and sum(map(len, [*blocks, text, last])) <= MOST:
                blocks.append(text)
                pending.append(helper)
    return "\n\n\n".join([*reversed(blocks), last])


def _used(tree: FileTree, owner: ast.ClassDef | None, node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the definitions of the file, and of the test's class, that a node names."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    for part in ast.walk(node):  # @pytest.mark.usefixtures("name")
        if isinstance(part, ast.Call) and getattr(part.func, "attr", "") == "usefixtures":
            names |= {str(a.value) for a in part.args if isinstance(a, ast.Constant)}
    of_self = {
        n.attr
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }
    for statement in tree.body:
        if _binds(statement) & names:
            yield statement
    for statement in owner.body if owner else ():
        if _binds(statement) & (of_self | names):
            yield statement


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, Named):
        test = node.name.startswith(("test", "Test"))
        return set() if test else {node.name}
    if isinstance(node, ast.Assign):
        return {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def _text(tree: FileTree, node: ast.stmt) -> str:
    """Return a statement's text with its decorators, dedented."""
    first = node.lineno
    if isinstance(node, Named):
        first = min([first, *(d.lineno for d in node.decorator_list)])
    lines = tree.lines[first - 1 : node.end_lineno]
    margin = node.col_offset
    return "\n".join(x[margin:] if not x[:margin].strip() else x for x in lines)
