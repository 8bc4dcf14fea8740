"""The pluggy hooks of POET. A plugin is a module or object with functions of these names.

[project.entry-points.poet]
my_domain = "my_package"

from poet.hookspecs import hookimpl

@hookimpl
def poet_register_domains(register):
    register(Domain(name="my_domain", ...))
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from poet.domain import Domain
    from poet.gate import TestEvidence
    from poet.generate.request import Provider
    from poet.spec import Options

__all__ = ["hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("poet")
hookimpl = pluggy.HookimplMarker("poet")


@hookspec
def poet_register_domains(register: Callable[[Domain], None]) -> None:
    """Call ``register`` once for each domain the plugin brings."""


@hookspec
def poet_register_providers(register: Callable[[Provider], None]) -> None:
    """Call ``register`` once for each provider: what asks a model and returns its answer.

    Such as a client of another library. It has a ``name`` of its own, which users write into
    ``[tool.poet] provider``, and the coroutines ``describe``, ``complete`` and ``close`` of
    :class:`poet.generate.request.Provider`. It sees conversations only, no file and no store; what
    it returns goes through the same gate as any model's answer. ``litellm``, ``recipe``, ``replay``
    and ``file`` are taken.
    """


@hookspec
def poet_register_commands(register: Callable[[str, str, str], None]) -> None:
    """Call ``register(name, summary, target)`` once for each subcommand that the plugin brings.

    ``poet --help`` shows the name and the one-line summary. The target, ``"package.module:attribute"``,
    is a :class:`click.Command` and is imported only when the command is run, so that what it needs
    costs no other command anything. Names of POET's own commands are refused.
    """


@hookspec
def poet_candidate_judged(function: str, verdict: str, record: dict[str, Any]) -> None:
    """Told after each verdict of the gate; what it returns or raises changes nothing."""


@hookspec
def poet_version_promoted(function: str, version: str, before: str | None) -> None:
    """Told after current has moved; what it returns or raises changes nothing."""


@hookspec(firstresult=True)
def poet_find_tests(path: Path, qualname: str, options: Options, root: Path) -> TestEvidence | None:
    """Return the tests of the function ``qualname`` in the file ``path`` of the project in ``root``.

    None where the plugin knows of no way to run any. The first plugin that finds them is taken; the
    tests run only once the gate asks for them.
    """
