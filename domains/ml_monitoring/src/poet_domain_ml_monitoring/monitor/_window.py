"""What is kept of a window: its counts, made when they are first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from poet.stats import FrameCounts, FrameProfile

__all__ = ["counts_of"]


def counts_of(profile: FrameProfile, window: Mapping[str, Any], threads: int) -> FrameCounts:
    """Return counts of a window that are made, column by column, when they are first looked at."""
    counts = object.__new__(_Pending)
    for name, value in (("profile", profile), ("_lazy", _Columns(profile, window, threads))):
        object.__setattr__(counts, name, value)
    return counts


class _Columns(Mapping[str, Any]):
    """Counts by the column's name."""

    def __init__(self, profile: FrameProfile, window: Mapping[str, Any], threads: int) -> None:
        self._profile = profile
        self._window = {name: window[name] for name in profile.profiles if name in window}
        self._threads = threads
        self._made: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}

    def count(self, names: Iterable[str]) -> None:
        """Count these columns at once, where it has not been done."""
        wanted = [name for name in names if name in self._window]
        if not wanted:
            return
        # A profile of only these columns: the others need not be listed as missing.
        part = FrameProfile(tuple(wanted), {n: self._profile.profiles[n] for n in wanted}, {})
        found = part.counts({n: self._window.pop(n) for n in wanted}, threads=self._threads)
        self._made |= found.columns
        self.reasons |= found.reasons

    def __getitem__(self, name: str) -> Any:
        self.count([name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        if name in self._window:
            self.count([str(name)])
        return name in self._made

    def __iter__(self) -> Iterator[str]:
        self.count(list(self._window))
        return iter([name for name in self._profile.names if name in self._made])

    def __len__(self) -> int:
        self.count(list(self._window))
        return len(self._made)


class _Pending(FrameCounts):
    __slots__ = ("_lazy",)

    _lazy: _Columns

    @property
    def columns(self) -> Any:
        return self._lazy

    @property
    def reasons(self) -> dict[str, str]:
        len(self._lazy)
        return self._lazy.reasons

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrameCounts, (self.profile, dict(self._lazy), self.reasons))
