"""What models may use, and what they have used: nothing is spent that was not reserved first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from typing import NamedTuple

from poet.errors import BudgetError
from poet.settings import Limits

__all__ = ["Ledger", "Reservation", "Used"]

_PICO = Decimal(10) ** 12  # whole numbers add up exactly


class Used(NamedTuple):
    """What was used.

    Attributes:
        usd: US dollars; a call whose end nobody saw counts with the most it can have cost.
        tokens: Of requests and answers together.
        calls: Calls of a provider, repeated ones included.
        seconds: From the first call to the last answer, or to now where one is under way.
    """

    usd: float
    tokens: int
    calls: int
    seconds: float


class Reservation:
    """What one call may use; handed out by :meth:`Ledger.reserve`, given back to ``settle``."""

    __slots__ = ("open", "pico", "tokens")

    def __init__(self, pico: int, tokens: int) -> None:
        self.pico = pico
        self.tokens = tokens
        self.open = True


class Ledger:
    """Counts calls against limits; safe to share between threads and tasks.

    What is reserved in a ledger is reserved in its parent too, in one step.

    Args:
        limits: The most that may be used.
        parent: The ledger of the run that this one is a part of.
        name: The function it is for; empty for the run's.
    """

    def __init__(self, limits: Limits, parent: Ledger | None = None, name: str = "") -> None:
        self.limits = limits
        self.name = name
        self._parent = parent
        self._lock: threading.RLock = parent._lock if parent else threading.RLock()  # noqa: SLF001
        self._cap = _pico(limits.usd, ROUND_FLOOR)
        self._pico = self._tokens = self._calls = 0
        self._held_pico = self._held_tokens = self._held_calls = 0
        self._first: float | None = None
        self._last = 0.0

    def reserve(self, usd: float, tokens: int) -> Reservation:
        """Set aside what one call may need at most, or refuse it.

        Raises:
            BudgetError: It is more than is left of one of the limits, here or in the parent.
        """
        pico = _pico(usd, ROUND_CEILING)
        with self._lock:
            for ledger in self._chain():
                ledger._check(pico, tokens, held=True)
            for ledger in self._chain():
                ledger._held_pico += pico
                ledger._held_tokens += tokens
                ledger._held_calls += 1
                if ledger._first is None:
                    ledger._first = time.monotonic()
        return Reservation(pico, tokens)

    def settle(self, reservation: Reservation, usd: float, tokens: int) -> None:
        """Give back a reservation for what the call really used.

        A server that ignores limits may have used more than was reserved: that is counted too, and
        the next call sees it.
        """
        pico = _pico(usd, ROUND_CEILING)
        with self._lock:
            if not reservation.open:
                raise ValueError("this reservation is settled already")
            reservation.open = False
            for ledger in self._chain():
                ledger._held_pico -= reservation.pico
                ledger._held_tokens -= reservation.tokens
                ledger._held_calls -= 1
                ledger._pico += pico
                ledger._tokens += tokens
                ledger._calls += 1
                ledger._last = time.monotonic()

    def may_fit(self, usd: float, tokens: int) -> bool:
        """Return whether such a call fits once the calls under way have used less than reserved."""
        pico = _pico(usd, ROUND_CEILING)
        with self._lock:
            try:
                for ledger in self._chain():
                    ledger._check(pico, tokens, held=False)
            except BudgetError:
                return False
            return True

    @property
    def used(self) -> Used:
        """What was used until now."""
        with self._lock:
            seconds = 0.0
            if self._first is not None:
                seconds = (time.monotonic() if self._held_calls else self._last) - self._first
            return Used(_usd(self._pico), self._tokens, self._calls, seconds)

    @property
    def reserved(self) -> Used:
        """What the calls under way may use at most (their seconds are in ``used``)."""
        with self._lock:
            return Used(_usd(self._held_pico), self._held_tokens, self._held_calls, 0.0)

    def seconds_left(self) -> float:
        """Return how long a call may take now; all of it before the first one."""
        with self._lock:
            return min(ledger._left() for ledger in self._chain())

    def _chain(self) -> Iterator[Ledger]:
        ledger: Ledger | None = self
        while ledger is not None:
            yield ledger
            ledger = ledger._parent

    def _left(self) -> float:
        gone = 0.0 if self._first is None else time.monotonic() - self._first
        return max(0.0, self.limits.seconds - gone)

    def _check(self, pico: int, tokens: int, *, held: bool) -> None:
        limits = self.limits
        if self._left() <= 0:
            raise self._refused("seconds", "0 s", "time to wait for it", limits.seconds * 2)
        calls = self._calls + self._held_calls
        if calls + 1 > limits.calls:
            raise self._refused("calls", "no call", "one", calls + 1)
        used = self._tokens + (self._held_tokens if held else 0)
        if used + tokens > limits.tokens:
            left = f"{max(0, limits.tokens - used):,} tokens"
            raise self._refused("tokens", left, f"{tokens:,}", used + tokens)
        spent = self._pico + (self._held_pico if held else 0)
        if spent + pico > self._cap:
            left = f"${_shown(max(0, self._cap - spent))}"
            need = float(Decimal(spent + pico) / _PICO)
            raise self._refused("usd", left, f"${_shown(pico, up=True)}", need)

    def _refused(self, limit: str, left: str, needed: str, enough: float) -> BudgetError:
        setting = "budget" if self.name else "run_budget"
        flag = "--" + setting.replace("_", "-")
        whose = f"of {self.name}" if self.name else "of the run"
        rounded = f"{_round_up(enough):g}" if limit in ("usd", "seconds") else f"{enough}"
        return BudgetError(
            f"the budget {whose} has {left} left, and the next call may need {needed}",
            where=f"{setting} {limit}={getattr(self.limits, limit):g}",
            hint=f"allow more: {flag} {limit}={rounded}, or in [tool.poet]: "
            f"{setting} = {{{limit} = {rounded}}}",
        )


def _pico(usd: float, rounding: str) -> int:
    return int((Decimal(repr(float(usd))) * _PICO).to_integral_value(rounding))


def _usd(pico: int) -> float:
    return float(Decimal(pico) / _PICO)


def _shown(pico: int, *, up: bool = False) -> str:
    amount = (Decimal(pico) / _PICO).quantize(
        Decimal("0.0001"), ROUND_CEILING if up else ROUND_FLOOR
    )
    return f"{amount.normalize():f}" if amount else "0"


def _round_up(number: float) -> float:
    """Return a number with two digits that is not less."""
    if number <= 0:
        return 1.0
    exponent = Decimal(repr(number)).adjusted() - 1
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(exponent), ROUND_CEILING))
