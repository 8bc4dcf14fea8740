"""Asking a model: recorded answers first, then the provider, within budget and time."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from math import isfinite
from types import TracebackType
from typing import NamedTuple, Self

from poet.errors import BudgetError, CassetteMissError, ConfigError, PoetError, ProviderError
from poet.generate.billing import checked, worst_case
from poet.generate.budget import Ledger, Reservation
from poet.generate.cassettes import Cassettes
from poet.generate.host import BrokenProviderError, Host
from poet.generate.request import Completion, ModelInfo, Provider, Request
from poet.generate.secrets import scrub, scrub_request
from poet.settings import Settings

__all__ = ["Answer", "Client", "worst_case"]

TRIES = 3
_FIRST_WAIT = 0.5  # seconds; doubled with each try, and drawn from 0 to there
_LOOK_AGAIN = 0.2  # seconds
# Refused before any work; after anything else it may have to be paid.
_UNBILLED = ("key", "model", "refused", "busy")


class Answer(NamedTuple):
    """An answer, and where it came from.

    Attributes:
        completion: What the model said.
        replayed: It was recorded before; it cost nothing now.
        request: Hash of the request.
    """

    completion: Completion
    replayed: bool
    request: str


class Client:
    """Asks models for one run; an asynchronous context manager that closes the provider.

    Args:
        settings: Of the project.
        provider: What is asked where nothing is recorded; None to only replay.
        anew: Ask even where an answer is recorded, and record the new one in its place.
    """

    def __init__(
        self, settings: Settings, provider: Provider | None, *, anew: bool = False
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._anew = anew
        self._host = Host(provider.name if provider else "")
        self._slots = asyncio.Semaphore(settings.parallel)
        self._settled = asyncio.Event()
        self._infos: dict[tuple[str, str | None], asyncio.Task[ModelInfo]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._infos.values():
            task.cancel()
        if self._provider is not None:
            await self._host.close(self._provider.close)

    async def info(self, model: str, api_base: str | None) -> ModelInfo:
        """Return what is known of a model; a price in the settings goes before the provider's.

        Raises:
            ProviderError: No call can succeed: a missing key, a name nobody knows.
            ConfigError: Nobody knows what it costs.
        """
        key = (model, api_base)
        if key not in self._infos:
            task = asyncio.ensure_future(self._describe(model, api_base))
            task.add_done_callback(lambda t: t.cancelled() or t.exception())  # nobody may wait
            self._infos[key] = task
        return await asyncio.shield(self._infos[key])

    async def ask(
        self, request: Request, cassettes: Cassettes, ledger: Ledger, *, command: str, live: bool
    ) -> Answer:
        """Return the answer to a request: the recorded one, else a new one, which is recorded.

        Args:
            request: What is asked.
            cassettes: Where the function's answers are.
            ledger: What it may cost.
            command: The command that records the answer, for the message of a miss.
            live: Whether a model may be asked.

        Raises:
            CassetteMissError: Nothing is recorded and no model may be asked, or the recorded
                answer is damaged.
            BudgetError: The budget has too little left for the call, or for another try.
            ProviderError: There is no answer.
            ConfigError: Nobody knows what the model costs.
            ReadOnlyStoreError: The answer could not be recorded; nothing was asked.
        """
        request = scrub_request(request)
        if not (self._anew and live):
            recorded = cassettes.read(request)
            if recorded is not None:
                return Answer(recorded.completion, True, request.hash)
        if not live:
            raise CassetteMissError(
                f"no answer of {request.model} to this request for {request.function} is recorded",
                where=str(cassettes.path(request)),
                hint=f"record it: {command}",
            )
        info = await self.info(request.model, request.api_base)
        await asyncio.to_thread(cassettes.prepare)
        completion = await self._tries(request, info, ledger)
        await asyncio.to_thread(cassettes.write, request, completion)
        return Answer(completion, False, request.hash)

    async def _describe(self, model: str, api_base: str | None) -> ModelInfo:
        provider = self._needed()
        try:
            info: object = await self._host.call(
                lambda: provider.describe(model, api_base), self._settings.model_timeout
            )
        except TimeoutError:
            raise ProviderError(
                f"{provider.name} said nothing of {model} in {self._settings.model_timeout:g} s",
                kind="timeout",
                hint="allow more: model_timeout in [tool.poet]",
            ) from None
        except BrokenProviderError as error:
            raise _broken(provider, error) from None
        except PoetError as error:
            raise _scrubbed(error) from None
        if not isinstance(info, ModelInfo):
            raise _broken(provider, f"describe gave a {type(info).__name__}, not a ModelInfo")
        if info.problem:
            raise ProviderError(scrub(info.problem), kind=info.kind, where="model")
        if self._settings.price is not None:
            price = self._settings.price
            return info._replace(input_usd=price.input, output_usd=price.output)
        if info.input_usd is None or info.output_usd is None:
            raise ConfigError(
                f"nobody knows what {model} costs, so no budget can hold",
                where="price",
                hint="say it, in US dollars for a million tokens: --price input=0.25,output=2, or "
                "in [tool.poet]: price = {input = 0.25, output = 2}; for a server of your own: 0",
            )
        return info

    async def _tries(self, request: Request, info: ModelInfo, ledger: Ledger) -> Completion:
        """Return the answer, asking again where that may help; each try is a call."""
        failed: ProviderError | None = None
        for number in range(TRIES):
            if failed is not None:
                await _pause(failed, number, ledger)
            try:
                async with self._slots:
                    return await self._once(request, info, ledger)
            except ProviderError as error:
                if not error.passing:
                    raise
                failed = error
            except BudgetError as error:
                if failed is not None:
                    error.what += f"; before that: {failed.what}"
                raise
        assert failed is not None
        failed.what += f" (asked {TRIES} times)"
        raise failed

    async def _once(self, request: Request, info: ModelInfo, ledger: Ledger) -> Completion:
        usd, tokens = worst_case(request, info)
        reservation = await self._reserve(ledger, usd, tokens)
        billed = usd, tokens  # what nobody answered for may have cost all of it
        try:
            completion = await self._complete(request, info, ledger.seconds_left())
            billed = completion.cost_usd, completion.input_tokens + completion.output_tokens
        except ProviderError as error:
            if error.kind in _UNBILLED:
                billed = 0.0, 0
            raise
        finally:
            ledger.settle(reservation, *billed)
            self._settled.set()
        return completion

    async def _reserve(self, ledger: Ledger, usd: float, tokens: int) -> Reservation:
        """Reserve, after calls under way have ended where that leaves enough."""
        while True:
            try:
                return ledger.reserve(usd, tokens)
            except BudgetError:
                if not ledger.may_fit(usd, tokens):
                    raise
            self._settled.clear()
            with suppress(TimeoutError):
                # Another thread may settle in the same ledger, and wakes nobody here.
                await asyncio.wait_for(self._settled.wait(), _LOOK_AGAIN)

    async def _complete(self, request: Request, info: ModelInfo, left: float) -> Completion:
        provider = self._needed()
        timeout = min(self._settings.model_timeout, left)
        limit = info.max_output_tokens or request.max_tokens
        sent = request._replace(max_tokens=min(request.max_tokens, limit))
        try:
            answer = await self._host.call(
                lambda: provider.complete(sent, timeout=timeout), timeout
            )
        except TimeoutError:
            raise ProviderError(
                f"{request.model} gave no answer in {timeout:.3g} s",
                kind="timeout",
                where=request.function,
                hint="allow more: model_timeout, or seconds in budget, in [tool.poet]",
            ) from None
        except BrokenProviderError as error:
            raise _broken(provider, error) from None
        except PoetError as error:
            raise _scrubbed(error) from None
        try:
            return checked(answer, request, info, declared=self._settings.price is not None)
        except TypeError as error:
            raise _broken(provider, error) from None

    def _needed(self) -> Provider:
        if self._provider is None:
            raise ConfigError(
                "a model was to be asked, and there is no provider",
                where="provider",
                hint="poet plugins lists the installed ones",
            )
        return self._provider


async def _pause(failed: ProviderError, number: int, ledger: Ledger) -> None:
    """Wait before asking again, longer each time; as long as the server asks for, if there is time.

    Raises:
        ProviderError: ``failed``, where the budget ends before the pause.
    """
    # S311: so that many clients do not come back together; nothing secret hangs on it.
    wait = random.uniform(0, _FIRST_WAIT * 2 ** (number - 1))  # noqa: S311
    if failed.retry_after is not None and isfinite(failed.retry_after):
        wait += max(0.0, failed.retry_after)
    left = ledger.seconds_left()
    if wait >= left:
        failed.what += f"; asking again would take {wait:.3g} s, and the budget has {left:.3g} s"
        failed.hint = failed.hint or "allow more: seconds in budget and run_budget"
        raise failed
    await asyncio.sleep(wait)


def _broken(provider: Provider, why: object) -> ProviderError:
    return ProviderError(
        f"the provider {provider.name!r} failed: {scrub(str(why))[:500]}",
        kind="broken",
        hint="poet plugins says where it comes from",
    )


def _scrubbed(error: PoetError) -> PoetError:
    error.what, error.where, error.hint = scrub(error.what), scrub(error.where), scrub(error.hint)
    error.args = (error.what,)
    return error
