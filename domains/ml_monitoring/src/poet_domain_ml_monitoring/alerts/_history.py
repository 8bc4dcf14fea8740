"""What was changed in the last checks: since when, and what comes and goes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["History"]

# Coming at the same time once or twice is chance.
_COMMON_STARTS = 3


class History:
    """For each cause, in which of the last checks it was there.

    Args:
        length: How many checks are remembered.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._bits: dict[str, int] = {}  # the lowest bit is the last check

    def push(self, present: Iterable[str]) -> None:
        """Remember what the latest check found."""
        now = set(present)
        kept = (1 << self._length) - 1
        for name in sorted(now | self._bits.keys()):
            bits = (self._bits.get(name, 0) << 1 | (name in now)) & kept
            if bits:
                self._bits[name] = bits
            else:
                self._bits.pop(name, None)

    def run(self, name: str) -> int:
        """Return in how many checks in a row, up to the last, this was there."""
        bits = self._bits.get(name, 0)
        return ((bits ^ (bits + 1)).bit_length() - 1) if bits & 1 else 0

    def pattern(self, name: str) -> int | None:
        """Return a number that is the same for what came and went in the same checks.

        None where it came fewer than three times: two that came once and stayed say nothing about
        each other.
        """
        bits = self._bits.get(name, 0)
        return bits if (bits & ~(bits >> 1)).bit_count() >= _COMMON_STARTS else None

    def together(self, first: str, second: str) -> float:
        """Return in what share of the checks with either of them both were there.

        0 where they have not come in the same check at least three times.
        """
        a, b = self._bits.get(first, 0), self._bits.get(second, 0)
        starts = a & ~(a >> 1) & b & ~(b >> 1)
        if starts.bit_count() < _COMMON_STARTS:
            return 0.0
        return (a & b).bit_count() / (a | b).bit_count()

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return {name: f"{self._bits[name]:x}" for name in sorted(self._bits)}

    @classmethod
    def from_dict(cls, length: int, data: Mapping[str, Any]) -> History:
        """Take up what `to_dict` gave; a shorter memory keeps the latest."""
        made = cls(length)
        kept = (1 << length) - 1
        read = {name: int(bits, 16) & kept for name, bits in data.items()}
        made._bits = {name: bits for name, bits in read.items() if bits}
        return made
