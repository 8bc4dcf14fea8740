"""Whether a second version is worse: tests that hold whenever one looks."""

from __future__ import annotations

from math import exp, log1p

__all__ = ["ALPHA", "SLOWER", "Bets", "Verdicts"]

ALPHA = 0.01
"""Chance that one process ever ends a trial of a version that is no worse, for the tests together."""
SLOWER = 1.2
"""How much longer a call of the second version may take."""
_STAKES = (0.1, 0.25, 0.5, 0.75, 0.95)  # shares of the largest bet there is
_TESTS = 2


class Bets:
    """An e-process against "the chance of a hit is at most ``chance``", whatever came before.

    It is the mean of capital from betting a fixed share of it on each outcome to be a hit. Under the
    hypothesis it is a supermartingale from 1, and reaches ``1 / a`` with a chance of at most ``a``,
    however often it is looked at (Ville's inequality; Waudby-Smith and Ramdas 2024, section 4).

    Args:
        chance: Of a hit at most, above 0 and below 1.
    """

    def __init__(self, chance: float) -> None:
        self.chance = chance
        self.hits = 0
        self.total = 0
        self._logs = [0.0 for _ in _STAKES]

    def add(self, hit: bool) -> None:
        """Count one outcome."""
        self.hits += hit
        self.total += 1
        for index, stake in enumerate(_STAKES):
            # At the largest bet, 1 / chance, an outcome that is no hit takes all.
            gain = stake * ((1 - self.chance) / self.chance if hit else -1.0)
            self._logs[index] += log1p(gain)

    @property
    def e_value(self) -> float:
        """The capital that 1 has become."""
        return sum(exp(min(x, 600.0)) for x in self._logs) / len(_STAKES)


class Verdicts:
    """Whether a second version fails more often, or takes longer, than the one that is served.

    Of calls that fail, a canary's share is at most that of the calls it takes, unless it is worse;
    and of two calls, one of each, that of the second version takes over ``SLOWER`` times as long as
    the other at most half of the time.

    Args:
        share: Of a failure to be the second version's, if both fail alike.
        alpha: Chance to be wrong, for both tests together.
    """

    def __init__(self, share: float, alpha: float = ALPHA) -> None:
        self.errors = Bets(min(max(share, 1e-6), 1 - 1e-6))
        self.times = Bets(0.5)
        self.bound = _TESTS / alpha
        self._time: float | None = None  # of a call of the served version, not yet compared

    def failed(self, second: bool) -> None:
        """Count a call that failed: one of the second version, or not."""
        self.errors.add(second)

    def took(self, seconds: float, second: bool) -> None:
        """Count how long a call took; each is compared once."""
        if not second:
            self._time = seconds
        elif self._time is not None:
            self.times.add(seconds > SLOWER * self._time)
            self._time = None

    def worse(self) -> str:
        """Return why the second version is worse; empty as long as nothing shows that."""
        if self.errors.e_value >= self.bound:
            e = self.errors
            return (
                f"{e.hits} of {e.total} failed calls are its own, where {e.chance:.0%} would be if "
                f"both failed alike (e-value {e.e_value:.3g}, bound {self.bound:g})"
            )
        if self.times.e_value >= self.bound:
            t = self.times
            return (
                f"it took over {SLOWER:g} times as long in {t.hits} of {t.total} pairs of calls "
                f"(e-value {t.e_value:.3g}, bound {self.bound:g})"
            )
        return ""
