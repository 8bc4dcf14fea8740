"""The parts of a prompt that say what is to be done and what of the user's module it is about."""

from __future__ import annotations

import ast
import re

from poet.generate.render import literal
from poet.spec import FunctionSpec

__all__ = ["context", "fenced", "task"]

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
            "itself: `from poet.runtime import baseline`, then `baseline(...)`. A version that only "
            "surrounds it is right; one that is faster or sturdier and equal is better."
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
        f"Of `{module}`:\n\n{fenced(chr(10).join(dict.fromkeys(texts)), 'python')}"
        for module, texts in modules.items()
    ]
    reach = _reach(spec)
    if reach:
        parts.append(reach)
    return "\n\n".join(parts)


def _placed(key: str, text: str) -> str:
    """Return a definition as it is shown; a member of a class under the class it belongs to."""
    owner, _, _ = key.partition(":")[2].rpartition(".")
    body = text.strip("\n")
    return f"# member of {owner}\n{body}\n" if owner else body + ("\n" if "\n" in body else "")


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
