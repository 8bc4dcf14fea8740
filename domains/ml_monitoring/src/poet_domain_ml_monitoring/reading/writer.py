"""The module around a generated function: names that clash with nothing, imports, docstring."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from poet.generate import fixed_defaults, render_def, render_import

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["PACKAGE", "WIDTH", "ModuleWriter", "learnt"]

PACKAGE = "poet_domain_ml_monitoring"
WIDTH = 88


def learnt(notes: Iterable[str]) -> list[str]:
    """Return the lines of a docstring that say what production taught; none where it taught nothing."""
    lines = []
    for note in notes:
        said = "".join(c for c in " ".join(note.split()) if c.isprintable() and c not in '\\"')
        lines += textwrap.wrap(
            said, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
    return ["", "What production taught it:", "", *lines] if lines else []


class ModuleWriter:
    """Writes one module; a recipe adds its docstrings and the body.

    Attributes:
        spec: The user's function.
        names: What is called what in the text.
        taken: Names that mean something already.
        constants: The lines that define each constant of the module.
    """

    # What a local is called where the user has a parameter of its name.
    other: ClassVar[Mapping[str, str]] = {}

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.taken = {p.name for p in spec.parameters} | {spec.name}
        self.names: dict[str, str] = {}
        self.imported: dict[str, set[str]] = {}
        self.constants: dict[str, list[str]] = {}

    def local(self, name: str) -> str:
        """Return a name that clashes with no parameter."""
        if name not in self.names:
            free = name if name not in self.taken else self.other.get(name, name)
            if free in self.taken:
                free = name
            while free in self.taken:
                free += "_"
            self.taken.add(free)
            self.names[name] = free
        return self.names[name]

    def use(self, name: str, module: str = PACKAGE) -> str:
        """Import a name and return what it is called here."""
        self.imported.setdefault(module, set()).add(name)
        return self.local(name)

    def text(self) -> str:
        """Return the whole text: docstring, imports, constants, the function."""
        body = self.body()
        fixed = fixed_defaults(self.spec)
        if fixed:
            fixed = fixed_defaults(self.spec, self.use("default", "poet.runtime"))
        constants = [line for lines in self.constants.values() for line in lines] + fixed
        parts = [*self.module_doc(), "", *self.imports(), ""]
        if constants:
            parts += [*constants, ""]
        head = render_def(self.spec)
        return "\n".join([*parts, "", head, *self.function_doc(), *body]) + "\n"

    def imports(self) -> list[str]:
        """Return the import lines, the standard library's first."""
        lines: list[str] = []
        for module in sorted(self.imported, key=lambda m: (m != "math", m)):
            lines += render_import(module, {n: self.names[n] for n in self.imported[module]})
            if module == "math":
                lines.append("")
        return lines

    def function_doc(self) -> list[str]:
        """Return the docstring of the function: the user's where it can be quoted."""
        doc = self.spec.docstring
        if not doc or "\\" in doc or '"""' in doc or '"' in (doc[0], doc[-1]):
            doc = self.says()
        lines = [line.rstrip() for line in doc.expandtabs().strip().splitlines()]
        if len(lines) == 1:
            return [f'    """{lines[0]}"""']
        return [f'    """{lines[0]}', *(f"    {x}" if x else "" for x in lines[1:]), '    """']

    def module_doc(self) -> list[str]:
        """Return the lines of the module's docstring."""
        raise NotImplementedError

    def says(self) -> str:
        """Return what the function does, where its own docstring does not say."""
        raise NotImplementedError

    def body(self) -> list[str]:
        """Return the lines of the function's body."""
        raise NotImplementedError
