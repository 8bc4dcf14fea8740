"""Loading plugins, each on its own: one broken plugin never stops the host."""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pluggy

from poet import hookspecs
from poet.domain import Domain
from poet.errors import PluginError, PoetWarning, UnknownDomainError, nearest
from poet.events.queue import OWN_STORES, Opener, register_store
from poet.settings import load_settings, project_root

if TYPE_CHECKING:
    from poet.capture import FeedbackSource
    from poet.gate import TestEvidence
    from poet.generate.request import Provider
    from poet.spec import Options

__all__ = [
    "PluginCommand",
    "PluginState",
    "PluginStore",
    "Plugins",
    "domain",
    "find_tests",
    "loaded",
    "notify",
    "reset",
]

GROUP = "poet"
TAKEN = frozenset({"litellm", "recipe", "replay", "file"})
"""Names that no plugin's provider may have."""
COMMANDS = frozenset((
    "approve", "canary", "cases", "diff", "doctor", "domains", "events", "feedback", "generate",
    "init", "learn", "log", "override", "plugins", "promote", "prompt", "renumber", "rollback",
    "status", "submit", "verify",
))  # fmt: skip
"""Names that no plugin's command may have: POET's own, some of them kept for later."""
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class PluginState(NamedTuple):
    """One entry point of the group ``poet`` and what became of it."""

    name: str
    distribution: str
    version: str
    state: Literal["ok", "broken", "disabled"]
    reason: str = ""


class PluginCommand(NamedTuple):
    """A subcommand of ``poet`` that a plugin brings.

    Attributes:
        name: What the user types after ``poet``.
        summary: What ``poet --help`` says of it.
        target: Where its :class:`click.Command` is, ``"package.module:attribute"``.
        plugin: The entry point that registered it.
    """

    name: str
    summary: str
    target: str
    plugin: str


class PluginStore(NamedTuple):
    """A kind of event store that a plugin brings.

    Attributes:
        name: The scheme of its addresses.
        opener: Opens one: its address and the folder of live state.
        plugin: The entry point that registered it.
    """

    name: str
    opener: Opener
    plugin: str


class Plugins(NamedTuple):
    """What all plugins together brought."""

    states: tuple[PluginState, ...]
    domains: dict[str, Domain]
    providers: dict[str, Provider]
    commands: dict[str, PluginCommand]
    feedback_sources: dict[str, FeedbackSource]
    event_stores: dict[str, PluginStore]
    manager: pluggy.PluginManager


_lock = RLock()
_loaded: Plugins | None = None


def reset() -> None:
    """Forget what was loaded, so that the next use loads the installed plugins again."""
    global _loaded
    _loaded = None


def loaded() -> Plugins:
    """Return the plugins of this process, loading them at the first use."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def domain(name: str, where: str = "") -> Domain:
    """Return the domain of that name.

    Raises:
        UnknownDomainError: With the nearest name, the domains there are, and any broken plugin.
    """
    plugins = loaded()
    found = plugins.domains.get(name)
    if found is not None:
        return found
    broken = [s for s in plugins.states if s.state == "broken"]
    hint = "installed domains: " + (", ".join(sorted(plugins.domains)) or "none")
    if broken:
        hint += "; broken plugins: " + ", ".join(s.name for s in broken) + " (see: poet plugins)"
    elif not plugins.domains:
        hint += "; install one, such as: pip install poet-domain-base"
    raise UnknownDomainError(
        f"no domain {name!r}{nearest(name, plugins.domains)}", where=where, hint=hint
    )


def notify(hook: str, **facts: Any) -> None:
    """Call a notification hook on every plugin; a failing one is warned about and skipped."""
    caller = getattr(loaded().manager.hook, hook)
    for implementation in caller.get_hookimpls():
        try:
            implementation.function(**{k: facts[k] for k in implementation.argnames})
        except Exception as error:  # noqa: BLE001 - a listener never changes what happened
            warnings.warn(
                f"plugin {implementation.plugin_name} failed in {hook}: {error!r}",
                PoetWarning,
                stacklevel=2,
            )


def find_tests(path: Path, qualname: str, options: Options) -> TestEvidence | None:
    """Return the user's tests of a function as evidence, from the first plugin that has any.

    Args:
        path: The module's file; its project is the folder of the nearest pyproject.toml.
        qualname: The function's qualified name.
        options: From its decorator.
    """
    folder = path.absolute().parent
    root = project_root(folder) or folder
    found: TestEvidence | None = loaded().manager.hook.poet_find_tests(
        path=path, qualname=qualname, options=options, root=root
    )
    return found


def _load() -> Plugins:
    from importlib.metadata import entry_points

    settings = load_settings()
    manager = pluggy.PluginManager("poet")
    manager.add_hookspecs(hookspecs)
    brought = _Brought({}, {}, {}, {}, {})
    states = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        distribution = point.dist.name if point.dist else "?"
        version = point.dist.version if point.dist else "?"
        about = (point.name, distribution, version)
        if point.name in settings.disabled_plugins:
            states.append(PluginState(*about, "disabled", "by POET_DISABLED_PLUGINS or settings"))
            continue
        try:
            new = _load_one(manager, point.name, point.load, brought)
        except (Exception, SystemExit) as error:
            if settings.strict_plugins:
                raise PluginError(
                    f"plugin {point.name!r} of {distribution} {version} is broken: {error!r}",
                    where=_last_line(error),
                    hint=f"mend it, or set POET_DISABLED_PLUGINS={point.name}",
                ) from error
            reason = f"{type(error).__name__}: {error} ({_last_line(error)})"
            states.append(PluginState(*about, "broken", reason))
            warnings.warn(
                f"plugin {point.name!r} of {distribution} {version} is broken and left out: {reason}",
                PoetWarning,
                stacklevel=2,
            )
            continue
        brought.domains.update(new.domains)
        brought.providers.update(new.providers)
        brought.commands.update(new.commands)
        brought.feedback_sources.update(new.feedback_sources)
        brought.event_stores.update(new.event_stores)
        for store in new.event_stores.values():
            register_store(store.name, store.opener)
        states.append(PluginState(*about, "ok"))
    return Plugins(tuple(states), *brought, manager)


class _Brought(NamedTuple):
    domains: dict[str, Domain]
    providers: dict[str, Provider]
    commands: dict[str, PluginCommand]
    feedback_sources: dict[str, FeedbackSource]
    event_stores: dict[str, PluginStore]


def _load_one(
    manager: pluggy.PluginManager, name: str, load: Callable[[], Any], present: _Brought
) -> _Brought:
    """Load one plugin and collect what it registers; on any error nothing of it stays."""
    plugin = load()
    known = {n for n in vars(hookspecs) if n.startswith("poet_")}
    for attribute in dir(plugin):
        if attribute.startswith("poet_") and callable(getattr(plugin, attribute)):
            if attribute not in known:
                raise PluginError(f"no hook {attribute!r}{nearest(attribute, known)}")
            if not hasattr(getattr(plugin, attribute), "poet_impl"):
                raise PluginError(f"{attribute} lacks @hookimpl from poet.hookspecs")
    new = _Brought({}, {}, {}, {}, {})

    def add_domain(item: Domain) -> None:
        _add(item, Domain, present.domains, new.domains, "domain")

    def add_provider(item: Provider) -> None:
        _check_provider(item)
        _add(item, None, present.providers, new.providers, "provider")

    def add_command(command: str, summary: str, target: str) -> None:
        item = PluginCommand(command, summary, target, name)
        _check_command(item)
        _add(item, None, present.commands, new.commands, "command")

    def add_source(item: FeedbackSource) -> None:
        _check_source(item)
        _add(item, None, present.feedback_sources, new.feedback_sources, "feedback source")

    def add_store(scheme: str, opener: Opener) -> None:
        item = PluginStore(scheme, opener, name)
        _check_store(item)
        _add(item, None, present.event_stores, new.event_stores, "event store")

    manager.register(plugin, name=name)
    try:
        for hook, register in (
            ("poet_register_domains", add_domain),
            ("poet_register_providers", add_provider),
            ("poet_register_commands", add_command),
            ("poet_register_feedback_sources", add_source),
            ("poet_register_event_stores", add_store),
        ):
            function = getattr(plugin, hook, None)
            if function is not None:
                function(register)
    except BaseException:
        manager.unregister(name=name)
        raise
    return new


def _add(
    item: Any, kind: type | None, present: dict[str, Any], new: dict[str, Any], what: str
) -> None:
    if kind is not None and not isinstance(item, kind):
        raise PluginError(f"register was given {item!r}, which is no poet.domain.{kind.__name__}")
    if item.name in present or item.name in new:
        raise PluginError(f"a {what} named {item.name!r} is registered already")
    new[item.name] = item


def _check_provider(item: Any) -> None:
    """Refuse what cannot complete a conversation, before anyone asks it to."""
    from inspect import iscoroutinefunction

    name = getattr(item, "name", None)
    if not isinstance(name, str) or not name.strip():
        raise PluginError(f"register was given {item!r}, a provider without a name")
    if name in TAKEN:
        raise PluginError(f"a provider cannot be called {name!r}: that is one of POET's own")
    if not _NAME.fullmatch(name):  # a slash would make its code look like that of a recipe
        raise PluginError(
            f"a provider cannot be called {name!r}: use small letters, digits, - and _"
        )
    for method in ("describe", "complete", "close"):
        if not iscoroutinefunction(getattr(item, method, None)):
            what = "is no coroutine" if hasattr(item, method) else "is missing"
            raise PluginError(
                f"provider {name!r}: async def {method} {what}; see poet.generate.request.Provider"
            )


def _check_store(item: PluginStore) -> None:
    """Refuse what no address could name, or nothing could open."""
    name: object = item.name  # whatever the plugin passed
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginError(
            f"an event store cannot be called {item.name!r}: use small letters, digits, - and _"
        )
    if item.name in OWN_STORES:
        raise PluginError(
            f"an event store cannot be called {item.name!r}: that is one of POET's own"
        )
    opener: object = item.opener
    if not callable(opener):
        raise PluginError(f"event store {item.name!r}: {item.opener!r} cannot be called to open it")


def _check_source(item: Any) -> None:
    """Refuse what can never be asked."""
    name = getattr(item, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginError(
            f"a feedback source cannot be called {name!r}: use small letters, digits, - and _"
        )
    if not callable(getattr(item, "poll", None)):
        raise PluginError(
            f"feedback source {name!r} has no poll(); see poet.capture.FeedbackSource"
        )


def _check_command(item: PluginCommand) -> None:
    """Refuse what ``poet --help`` cannot show or what could never be found."""
    given: dict[str, Any] = item._asdict()  # whatever the plugin passed
    for field, value in given.items():
        if not isinstance(value, str) or not value.strip():
            raise PluginError(f"register was given a command whose {field} is {value!r}")
    if item.name in COMMANDS:
        raise PluginError(f"a command cannot be called {item.name!r}: that is one of POET's own")
    if not _NAME.fullmatch(item.name):
        raise PluginError(
            f"a command cannot be called {item.name!r}: use small letters, digits, - and _"
        )
    if not _TARGET.fullmatch(item.target):
        raise PluginError(
            f"command {item.name!r}: the target is {item.target!r}, not package.module:attribute"
        )


def _last_line(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
