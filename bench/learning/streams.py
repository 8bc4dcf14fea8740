"""The streams by name, and which windows of them are for what."""

from __future__ import annotations

from typing import NamedTuple

from bench.learning import cities, world
from bench.learning.truth import Stretch

__all__ = ["STREAMS", "Plan", "Stream", "open_stream", "stretch"]


class Stream(NamedTuple):
    """One stream.

    Attributes:
        title: For a person.
        features: The columns that are watched.
        config: What a user would set for windows of that size.
        constraints: What a user would allow; without a word on time, 1.2 times the parent's is.
        windows: Of a round of learning, where nobody says otherwise.
        held_back: The number of the first window that learning never sees.
    """

    title: str
    features: tuple[str, ...]
    config: dict[str, object]
    constraints: dict[str, object]
    windows: int
    held_back: int


STREAMS = {
    "plant": Stream("a made-up plant", world.FEATURES, {}, {}, 192, 10_000),
    "cities": Stream(
        "hourly temperatures of two cities",
        cities.FEATURES,
        {"min_samples": 10},
        {"duration_ms": 50},
        140,
        420,
    ),
}


class Plan(NamedTuple):
    """How much is run.

    Attributes:
        windows: Of each round of learning; 0 for the stream's own number.
        rounds: Of learning, at most.
        held_back: Windows that versions are judged on.
    """

    windows: int = 0
    rounds: int = 3
    held_back: int = 252

    def of(self, stream: str) -> Plan:
        """Return it with the stream's own numbers.

        Raises:
            ValueError: Learning would see windows that versions are judged on.
        """
        known = STREAMS[stream]
        plan = self._replace(windows=self.windows or known.windows)
        if plan.rounds * plan.windows > known.held_back:
            raise ValueError(
                f"{plan.rounds} rounds of {plan.windows} windows reach into what is held back, "
                f"from window {known.held_back} of {known.title}"
            )
        return plan


def open_stream(name: str, seed: int) -> world.Plant | cities.Cities:
    """Return a stream as its seed draws it; both have ``stretch(first, windows) -> Stretch``."""
    return cities.Cities(seed) if name == "cities" else world.Plant(seed)


def stretch(name: str, seed: int, first: int, windows: int) -> Stretch:
    """Return windows of a stream."""
    return open_stream(name, seed).stretch(first, windows)
