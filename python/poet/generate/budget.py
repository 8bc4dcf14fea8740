"""What models may use, and what they have used: nothing is spent that was not reserved first."""

from __future__ import annotations

import threading
import time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from poet.errors import BudgetError
from poet.settings import Limits

__all__ = ["Ledger", "Reservation", "Used"]

_PICO = Decimal(10) ** 12


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
        self._own = _Book(limits, name)
        above = () if parent is None else parent._books  # noqa: SLF001 - its own kind
        self._books: tuple[_Book, ...] = (self._own, *above)
        # One lock for the whole run, so that a call is counted everywhere or nowhere.
        self._lock = self._books[-1].lock

    def reserve(self, usd: float, tokens: int) -> Reservation:
        """Set aside what one call may need at most, or refuse it.

        Raises:
            BudgetError: It is more than is left of one of the limits, here or in the parent.
        """
        reservation = Reservation(_pico(usd, ROUND_CEILING), tokens)
        with self._lock:
            for book in self._books:
                refusal = book.refusal(reservation, held=True)
                if refusal is not None:
                    raise refusal
            for book in self._books:
                book.hold(reservation)
        return reservation

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
            for book in self._books:
                book.pay(reservation, pico, tokens)

    def may_fit(self, usd: float, tokens: int) -> bool:
        """Return whether such a call fits if the calls under way turn out to cost nothing."""
        call = Reservation(_pico(usd, ROUND_CEILING), tokens)
        with self._lock:
            return all(book.refusal(call, held=False) is None for book in self._books)

    @property
    def used(self) -> Used:
        """What was used until now."""
        with self._lock:
            return self._own.used()

    @property
    def reserved(self) -> Used:
        """What the calls under way may use at most; their time is in ``used``."""
        with self._lock:
            own = self._own
            return Used(_usd(own.held_pico), own.held_tokens, own.held_calls, 0.0)

    def seconds_left(self) -> float:
        """Return how long a call may take now; all of it before the first one."""
        with self._lock:
            return min(book.seconds_left() for book in self._books)


class _Book:
    """The counts of one ledger. US dollars are whole millionths of millionths: they add exactly."""

    def __init__(self, limits: Limits, name: str) -> None:
        self.limits = limits
        self.name = name
        self.lock = threading.Lock()
        self.cap = _pico(limits.usd, ROUND_FLOOR)
        self.pico = self.tokens = self.calls = 0
        self.held_pico = self.held_tokens = self.held_calls = 0
        self.first: float | None = None
        self.last = 0.0

    def hold(self, call: Reservation) -> None:
        self.held_pico += call.pico
        self.held_tokens += call.tokens
        self.held_calls += 1
        if self.first is None:
            self.first = time.monotonic()

    def pay(self, call: Reservation, pico: int, tokens: int) -> None:
        self.held_pico -= call.pico
        self.held_tokens -= call.tokens
        self.held_calls -= 1
        self.pico += pico
        self.tokens += tokens
        self.calls += 1
        self.last = time.monotonic()

    def used(self) -> Used:
        seconds = 0.0
        if self.first is not None:
            seconds = (time.monotonic() if self.held_calls else self.last) - self.first
        return Used(_usd(self.pico), self.tokens, self.calls, seconds)

    def seconds_left(self) -> float:
        gone = 0.0 if self.first is None else time.monotonic() - self.first
        return max(0.0, self.limits.seconds - gone)

    def refusal(self, call: Reservation, *, held: bool) -> BudgetError | None:
        """Return why there is no room for a call, beside those under way if ``held``."""
        limits = self.limits
        calls = self.calls + self.held_calls
        tokens = self.tokens + (self.held_tokens if held else 0)
        pico = self.pico + (self.held_pico if held else 0)
        if self.seconds_left() <= 0:
            return self._refused("seconds", "no time left", f"{_two_digits(2 * limits.seconds):g}")
        if calls + 1 > limits.calls:
            return self._refused("calls", "no call left", f"{calls + 1}")
        if tokens + call.tokens > limits.tokens:
            left = f"{max(0, limits.tokens - tokens):,} tokens left"
            what = f"{left}, and the next call may need {call.tokens:,}"
            return self._refused("tokens", what, f"{tokens + call.tokens}")
        if pico + call.pico > self.cap:
            left = f"${_shown(max(0, self.cap - pico), ROUND_FLOOR)} left"
            what = f"{left}, and the next call may need ${_shown(call.pico, ROUND_CEILING)}"
            return self._refused("usd", what, f"{_two_digits(_usd(pico + call.pico)):f}")
        return None

    def _refused(self, limit: str, what: str, enough: str) -> BudgetError:
        setting = "budget" if self.name else "run_budget"
        return BudgetError(
            f"the budget of {self.name or 'this run'} has {what}",
            where=f"{setting} {limit}={getattr(self.limits, limit)}",
            hint=f"allow more: --{setting.replace('_', '-')} {limit}={enough}, or in [tool.poet]: "
            f"{setting} = {{{limit} = {enough}}}",
        )


def _pico(usd: float, rounding: str) -> int:
    return int((Decimal(repr(float(usd))) * _PICO).to_integral_value(rounding))


def _usd(pico: int) -> float:
    return float(Decimal(pico) / _PICO)


def _shown(pico: int, rounding: str) -> str:
    return f"{(Decimal(pico) / _PICO).quantize(Decimal('0.0001'), rounding)}"


def _two_digits(number: float) -> Decimal:
    """Return ``number``, rounded up to two digits."""
    exact = Decimal(repr(number))
    exponent = exact.adjusted() - 1
    return exact.quantize(Decimal(1).scaleb(exponent), ROUND_CEILING).normalize()
