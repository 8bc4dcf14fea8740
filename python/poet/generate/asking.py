"""The parts of a prompt that say what is to be done and what of the user's module it is about."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable

from poet.generate.render import literal
from poet.spec import FunctionSpec

__all__ = ["context", "fenced", "task"]

_SAME = re.compile(r"(\b(\w+)) as \2$")
_CALLS = {
    "function": "an ordinary function",
    "async": "an `async def`: calling it gives a coroutine",
    "generator": "a generator",
    "async generator": "an asynchronous generator",
}


def task(spec: FunctionSpec) -> str:
    """Say what is to be written and what will be checked of it."""
    first = (
        f"Write a production version of `{spec.qualname}` of the module `{spec.module}`: "
        f"{_CALLS[spec.kind]}. It is called in place of the function, with the same arguments."
    )
    parts = [first]
    same = (
        "Names, kinds and defaults of its parameters are those of the function, and it changes no "
        "argument that the function leaves as it is."
    )
    steady = (
        "An answer depends on the arguments alone: calls are repeated in another order, under another "
        "hash seed, with the clock put forward and after thousands of other calls. Keep no state that "
        "changes an answer, and leave no thread running."
    )
    if spec.mode == "preserve":
        parts.append(
            "It is verified in mode **preserve**. On every input that is tried, recorded ones and "
            "about sixty drawn ones (edge values, NaN, other sizes and types): where the function "
            "returns, yours returns an equal value: the same types and dtypes, names, order of "
            f"columns and keys, {_tolerance(spec)}; where the function raises an error of its own, "
            "yours raises the same type with the same arguments; a generator yields the same items. "
            "Yours may succeed where the function fails for a reason outside of it that may pass, such "
            "as a refused connection. It rejects nothing that the function accepts."
        )
        parts.append(
            "Wherever you are not sure that a rewrite is equal on all inputs, call the function "
            "itself, once, with the arguments as they came, and hand on what it returns or raises: "
            "`from poet.runtime import baseline`, then `baseline(...)`. A version that only surrounds it "
            "is right; one that is faster or sturdier and equal is better."
        )
    else:
        parts.append(
            "It is verified in mode **enhance**: it is meant to answer better than the function. It "
            "keeps the signature and the form of what the function returns (type, keys, fields, and "
            "their types); the checks of the field, all recorded cases and the user's tests pass. "
            "Where it answers otherwise than the function, the difference is shown to a reviewer, who "
            "must be able to see why."
        )
    return "\n\n".join([*parts, f"{same} {steady}"])


def _tolerance(spec: FunctionSpec) -> str:
    given = spec.options.tolerance
    if not given:
        return "floats equal to the last bit"
    return "floats within " + " or ".join(f"{k} {literal(v)}" for k, v in given.items())


def context(spec: FunctionSpec) -> str:
    """Show what the function reaches in the user's project, and how a candidate reaches it."""
    modules: dict[str, list[str]] = {}
    for key, text in spec.closure.items():
        modules.setdefault(key.partition(":")[0], []).append(_placed(key, text))
    parts = [
        f"Of `{module}`:\n\n{fenced(_ordered(texts), 'python')}"
        for module, texts in modules.items()
    ]
    parts += [p for p in (_owner(spec), _reach(spec)) if p]
    return "\n\n".join(parts)


def _placed(key: str, text: str) -> str:
    """Return a definition as it is shown; a member of a class under the class it belongs to."""
    owner = key.partition(":")[2].rpartition(".")[0]
    body = _SAME.sub(r"\1", text.strip("\n"))
    return f"# member of {owner}\n{body}" if owner else body


def _ordered(texts: Iterable[str]) -> str:
    """Return definitions as one text: imports, then single lines, then the longer ones."""
    unique = list(dict.fromkeys(texts))
    imports = [t for t in unique if t.startswith(("import ", "from "))]
    short = [t for t in unique if t not in imports and "\n" not in t]
    longer = [t for t in unique if "\n" in t and t not in imports]
    groups = ["\n".join(imports), "\n".join(short), *longer]
    return "\n\n".join(g for g in groups if g)


def _owner(spec: FunctionSpec) -> str:
    """Show what the class of a method looks like: its head, fields and how it is made."""
    if spec.owner is None:
        return ""
    body: list[ast.stmt] = ast.parse(spec.module_source).body
    found: ast.ClassDef | None = None
    for name in spec.qualname.split(".")[:-1]:
        found = next(
            (
                n
                for n in ast.walk(ast.Module(body, []))
                if isinstance(n, ast.ClassDef) and n.name == name
            ),
            None,
        )
        if found is None:
            return ""
        body = found.body
    assert found is not None
    lines = spec.module_source.split("\n")
    kept = [
        n
        for n in found.body
        if isinstance(n, ast.AnnAssign) or (isinstance(n, ast.FunctionDef) and n.name == "__init__")
    ]
    head = "\n".join(lines[found.lineno - 1 : found.body[0].lineno - 1]).rstrip()
    if isinstance(found.body[0], ast.FunctionDef) and found.body[0].decorator_list:
        head = lines[found.lineno - 1]
    shown = [head, *("\n".join(lines[n.lineno - 1 : n.end_lineno]) for n in kept)]
    text = textwrap.dedent("\n".join(shown))
    return f"It belongs to this class, of which this is a part:\n\n{fenced(text, 'python')}"


def _reach(spec: FunctionSpec) -> str:
    """Say which names of the user's module a candidate may use, and how."""
    kinds = _bindings(spec.module_source)
    own, imported, modules = list[str](), list[str](), list[str]()
    for name in sorted({n.partition(".")[0] for n in spec.user_names}):
        kind = kinds.get(name, "own")
        if kind == "own":
            own.append(name)
        elif kind.startswith("import "):
            modules.append(kind)
        else:
            imported.append(f"`user.{name}` ({kind})")
    reachable = [f"`user.{n}`" for n in own] + imported
    lines = []
    if reachable:
        lines.append(
            "From the user's module you may use just these names, read at each call, never copied "
            "into a variable of the module: `from poet.runtime import user`, then "
            + ", ".join(reachable)
            + ". A helper of a helper is out of reach; call the helper."
        )
    if modules:
        lines.append(
            "Modules are not reached so; where you need one and it is granted below, write "
            + ", ".join(f"`{m}`" for m in dict.fromkeys(modules))
            + " yourself."
        )
    return "\n\n".join(lines)


def _bindings(source: str) -> dict[str, str]:
    """Return what imports bind a name in a module: ``import …`` or ``from … import …``."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = (
                    "import " + alias.name + (f" as {alias.asname}" if alias.asname else "")
                )
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                found[alias.asname or alias.name] = f"from {base} import {alias.name}"
    return found


def fenced(text: str, language: str = "") -> str:
    """Return a text as a fenced block, whatever fences it holds itself."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
