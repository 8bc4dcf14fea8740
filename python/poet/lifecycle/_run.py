"""What all functions of one run share: the clients, the ledger, the threads, the progress."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from poet.errors import ConfigError, nearest
from poet.generate.budget import Ledger
from poet.generate.client import Client
from poet.generate.request import Provider
from poet.lifecycle._making import Making
from poet.lifecycle._results import Progress, Step
from poet.lifecycle._threads import Threads
from poet.plugins import loaded
from poet.settings import Settings

__all__ = ["Run", "provider_named"]


class Run:
    """One run; an asynchronous context manager that ends all that it began.

    Args:
        overrides: What arguments say of the settings.
        anew: Ask the model also where its answer is recorded.
        progress: Told each step.
    """

    def __init__(
        self, overrides: Mapping[str, object] | None, anew: bool, progress: Progress | None
    ) -> None:
        self.overrides = overrides
        self.anew = anew
        self.threads = Threads()
        self.progress = progress
        self._ends = AsyncExitStack()
        self._clients: dict[tuple[Settings, bool], Client] = {}
        self._ledgers: dict[object, Ledger] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.threads.close()
        finally:
            await self._ends.aclose()

    async def client(self, settings: Settings, *, live: bool) -> Client:
        """Return what asks models; one for all functions of a project.

        Raises:
            ConfigError: A model may be asked, and there is no such provider.
        """
        key = (settings, live)
        if key not in self._clients:
            provider = provider_named(settings.provider) if live else None
            client = self._clients[key] = Client(settings, provider, anew=self.anew)
            await self._ends.enter_async_context(client)
        return self._clients[key]

    def ledger(self, making: Making) -> Ledger:
        """Return the ledger of one function, a part of the run's."""
        limits = making.settings.run_budget
        whole = self._ledgers.setdefault(limits, Ledger(limits))
        return Ledger(making.settings.budget, whole, making.spec.qualname)

    def tell(self, making: Making, text: str, **facts: Any) -> None:
        """Tell the progress of a step; a display that fails stops nothing."""
        if self.progress is not None:
            self.progress(Step(making.spec.qualname, text, **facts))


def provider_named(name: str) -> Provider:
    """Return a provider that is not started yet.

    Raises:
        ConfigError: There is none of that name.
    """
    if name == "litellm":
        from poet.generate.litellm_provider import LitellmProvider

        return LitellmProvider()
    known = loaded().providers
    if name in known:
        return known[name]
    names = ["litellm", *known]
    other = {
        "recipe": "--llm off has the recipe write",
        "replay": "--llm replay uses recorded answers only",
        "file": "poet prompt and poet submit take an answer by hand",
    }
    raise ConfigError(
        f"no provider {name!r}{nearest(name, names)}",
        where="provider",
        hint=other.get(name, f"there is: {', '.join(sorted(names))} (see: poet plugins)"),
    )
