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
    from poet.capture import FeedbackSource
    from poet.domain import Domain
    from poet.events.store import EventStore
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
def poet_register_event_stores(
    register: Callable[[str, Callable[[str, Path], EventStore]], None],
) -> None:
    """Call ``register(scheme, opener)`` once for each kind of event store that the plugin brings.

    ``[tool.poet] event_store = "scheme://…"`` then names one. The opener is given that address and
    the folder of live state, and returns an object with the methods of
    :class:`poet.events.store.EventStore`. ``files``, ``sqlite``, ``redis``, ``rediss`` and ``unix``
    are taken.
    """


@hookspec
def poet_register_feedback_sources(register: Callable[[FeedbackSource], None]) -> None:
    """Call ``register`` once for each feedback source: a client of another service.

    Each pass of ``poet learn`` asks it for what is new; see :class:`poet.capture.FeedbackSource`.
    """


@hookspec
def poet_redact(
    function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return the arguments of a call of ``function`` as they may be recorded; None to leave them.

    It is called before a call whose inputs are kept (``@poet(record=…)``), and must not change the
    objects it is given: the call gets them next. Every plugin sees what the one before it left. Where
    it raises, nothing of the call is kept.
    """


@hookspec
def poet_redact_names(function: str, names: dict[str, Any]) -> dict[str, Any] | None:
    """Return what global names that ``function`` reads hold, as it may be recorded; None to leave it.

    Names that are left out are what the module's import makes of them when the call is run again.
    Where a plugin has ``poet_redact`` and none has this hook, no names are recorded.
    """


@hookspec
def poet_redact_result(function: str, value: Any) -> Any:
    """Return what a recorded call of ``function`` gave as it may be kept.

    Of a call that raised it is the list of the exception's arguments. What it returns is kept, None
    too; where it raises, nothing of the call is.
    """


@hookspec(firstresult=True)
def poet_encrypt(data: bytes) -> bytes | None:
    """Encrypt what is recorded of calls before it is written; ``poet_decrypt`` turns it back.

    Where it raises, nothing is written. Tables are named by a hash of their plain content, so that
    one that many calls share is kept once; case files, which people review, are not encrypted.
    """


@hookspec(firstresult=True)
def poet_decrypt(data: bytes) -> bytes | None:
    """Return what ``poet_encrypt`` was given."""


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
