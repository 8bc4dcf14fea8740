"""Reading the corpus: candidates with what they say of themselves, and the scenarios they are for."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from corpus_parser import parser_attacks

CORPUS = Path(__file__).parent / "corpus"
LAYERS = ("audit", "sandbox", "verify")


class Candidate(NamedTuple):
    """One file of the corpus.

    Attributes:
        name: Folder and file without ``.py``, such as ``parser/bidi``.
        facts: The comments at its head: ``tries``, ``stopped by``, ``scenario``, …
        code: Its text, comments included.
    """

    name: str
    facts: dict[str, str]
    code: str

    @property
    def kind(self) -> str:
        """The folder."""
        return self.name.partition("/")[0]


class Scenario(NamedTuple):
    """A function that honest candidates and cheats are written for.

    Attributes:
        name: Also of its folder.
        folder: Holds ``<name>_app.py``, ``test_<name>_app.py`` and ``inputs.py``.
        function: The function's name.
        cases: Arguments that a reviewer recorded: the generator may know them.
        hidden: Arguments that no generator has seen.
        equal: Whether an honest candidate gives what the baseline gives (mode ``preserve``).
    """

    name: str
    folder: Path
    function: str
    cases: list[tuple[Any, ...]]
    hidden: list[tuple[Any, ...]]
    equal: bool

    @property
    def module(self) -> Path:
        """The user's module."""
        return self.folder / f"{self.name}_app.py"

    def copy_to(self, folder: Path) -> Scenario:
        """Put the module and its tests into a project; one for all, so that one zygote serves them."""
        target = folder / "project"
        target.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*_app.py"):
            shutil.copy(path, target)
        (target / "pyproject.toml").write_text('[project]\nname = "scenario"\nversion = "0"\n')
        return self._replace(folder=target)


def _facts(code: str) -> dict[str, str]:
    found = {}
    for line in code.splitlines():
        if not line.startswith("# "):
            break
        key, _, value = line[2:].partition(": ")
        found[key] = value
    return found


def candidates(group: str) -> list[Candidate]:
    """Return the candidates of ``attacks``, ``honest`` or ``cheats``, in order of their names."""
    found = []
    for path in sorted((CORPUS / group).rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        name = str(path.relative_to(CORPUS / group).with_suffix(""))
        found.append(Candidate(name, _facts(code), code))
    if group == "attacks":
        found += [
            Candidate(n, {"tries": t, "stopped by": s, "proof": "limits"}, c)
            for n, t, s, c in parser_attacks()
        ]
    return found


def attacks() -> list[Candidate]:
    """Return the attacks that mean something on this machine."""
    return [
        a for a in candidates("attacks") if a.facts.get("machine") in (None, platform.machine())
    ]


def sample(found: Iterable[Candidate], share: int = 10) -> list[Candidate]:
    """Return about one in ``share``, the same ones each time, at least one of every folder."""
    chosen, seen = [], set()
    for item in found:
        lucky = int(hashlib.sha256(item.name.encode()).hexdigest(), 16) % share == 0
        if lucky or item.kind not in seen:
            chosen.append(item)
            seen.add(item.kind)
    return chosen


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name."""
    found = {}
    for path in sorted((CORPUS / "scenarios").glob("*/inputs.py")):
        spec = importlib.util.spec_from_file_location(f"corpus_inputs_{path.parent.name}", path)
        assert spec is not None
        assert spec.loader is not None
        inputs: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(inputs)
        found[path.parent.name] = Scenario(
            path.parent.name,
            path.parent,
            inputs.FUNCTION,
            list(inputs.CASES),
            list(inputs.HIDDEN),
            getattr(inputs, "EQUAL", True),
        )
    return found
