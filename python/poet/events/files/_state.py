"""What a group has done with each event, as its journal says: pure bookkeeping, no files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from poet.events.files._journal import Op
from poet.events.files._log import Place

__all__ = ["REVIVED", "Hold", "Letter", "State"]

REVIVED = "dead/"
"""How the name of a file of dead letters begins; the others are segments."""


class Hold(NamedTuple):
    """An event out for delivery, or handed back: nobody else gets it before ``until``.

    Attributes:
        attempts: Deliveries so far.
        until: On the lease clock.
        lease: Seconds it was held for at most.
        boot: The start of the machine that the clock belongs to.
        by: The consumer; empty where it was handed back.
        reason: What the last ``nack`` said.
    """

    attempts: int
    until: float
    lease: float
    boot: str
    by: str
    reason: str

    def over(self, now: float, boot: str) -> bool:
        """Return whether the event can be delivered again."""
        return boot != self.boot or now >= self.until or self.until - now > self.lease


class Letter(NamedTuple):
    """A dead letter: where the event was, where its copy is, and why it died."""

    origin: Place
    copy: Place
    attempts: int
    reason: str
    time: str


class State:
    """The state of one group."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Know nothing."""
        self.finished: set[str] = set()
        self.floor: dict[str, int] = {}
        self.done: dict[str, set[int]] = {}
        self.holds: dict[Place, Hold] = {}
        self.dead: dict[str, Letter] = {}
        self.revived: dict[Place, Place] = {}  # the copy of a revived event: its origin
        self._graves: dict[Place, str] = {}

    def is_done(self, place: Place) -> bool:
        """Return whether an event is acknowledged, dead, or was revived and is kept elsewhere."""
        name, offset = place
        if name.startswith(REVIVED):
            return place not in self.revived
        return (
            name in self.finished
            or offset < self.floor.get(name, 0)
            or offset in self.done.get(name, ())
        )

    def letter(self, place: Place) -> Letter | None:
        """Return the dead letter of an event."""
        return self.dead.get(self._graves.get(place, ""))

    def is_dead(self, place: Place) -> bool:
        """Return whether an event is a dead letter, by where it was or where its copy is."""
        return place in self._graves

    def apply(self, op: Op) -> Iterable[Place]:
        """Note what happened; return the events that it concerns."""
        match op["op"]:
            case "claim":
                return self._hold(op, op["by"], 1)
            case "nack":
                return self._hold(op, "", 0)
            case "held":
                for name, offset, *rest in op["holds"]:
                    self.holds[Place(name, offset)] = Hold(*rest)
            case "ack":
                places = list(_places(op["at"]))
                for place in places:
                    self._acknowledge(place)
                return places
            case "dead":
                origin, copy = Place(*op["origin"]), Place(*op["copy"])
                at = Place(*op["at"])
                self._acknowledge(at)
                letter = Letter(origin, copy, op["attempts"], op["reason"], op["time"])
                self.dead[op["id"]] = letter
                self._graves[origin] = self._graves[copy] = op["id"]
                return (at,)
            case "revive":
                copies = []
                for known in op["ids"]:
                    letter_of = self._bury(known)
                    if letter_of is not None:
                        self.revived[letter_of.copy] = letter_of.origin
                        self.holds.pop(letter_of.copy, None)
                        copies.append(letter_of.copy)
                return copies
            case "revived":
                self.revived[Place(*op["copy"])] = Place(*op["origin"])
            case "finish":
                self.finish(op["segments"])
            case "floor":
                self.floor.update(op["at"])
        return ()

    def _hold(self, op: Op, by: str, more: int) -> list[Place]:
        places = list(_places(op["at"]))
        for place in places:
            if self.is_done(place):
                continue
            before = self.holds.get(place)
            attempts = (before.attempts if before else 0) + more
            lease, until, boot = op["lease"], op["until"], op["boot"]
            self.holds[place] = Hold(attempts, until, lease, boot, by, op.get("reason", ""))
        return places

    def _acknowledge(self, place: Place) -> None:
        self.holds.pop(place, None)
        if place.name.startswith(REVIVED):
            self.revived.pop(place, None)
        elif place.name not in self.finished:
            self.done.setdefault(place.name, set()).add(place.offset)
        known = self._graves.get(place)
        if known is not None and known in self.dead:  # acknowledged after it was given up
            self._bury(known)

    def _bury(self, known: str) -> Letter | None:
        letter = self.dead.pop(known, None)
        if letter is not None:
            self._graves.pop(letter.origin, None)
            self._graves.pop(letter.copy, None)
        return letter

    def finish(self, names: Iterable[str]) -> None:
        """Note that nothing is left to do in some segments, for good."""
        for name in names:
            self.finished.add(name)
            self.floor.pop(name, None)
            self.done.pop(name, None)

    def compact(self, floors: Mapping[str, int], stored: Collection[str]) -> None:
        """Forget what need not be said.

        Args:
            floors: Segment: the byte before which everything in it is done.
            stored: The segments that still exist.
        """
        self.finished &= set(stored)
        for name in [n for n in {*self.floor, *self.done} if n not in stored]:
            self.floor.pop(name, None)
            self.done.pop(name, None)
        for name, floor in floors.items():
            if floor > self.floor.get(name, 0) and name not in self.finished:
                self.floor[name] = floor
                self.done[name] = {o for o in self.done.get(name, ()) if o >= floor}

    def ops(self) -> Iterator[Op]:
        """Yield lines that say all this."""
        if self.finished:
            yield {"op": "finish", "segments": sorted(self.finished)}
        if self.floor:
            yield {"op": "floor", "at": self.floor}
        done = {name: sorted(offsets) for name, offsets in self.done.items() if offsets}
        if done:
            yield {"op": "ack", "at": done}
        for known, letter in self.dead.items():
            # Its origin counts as done: ``at`` is what must not be delivered.
            yield {"op": "dead", "id": known, "at": letter.origin, **letter._asdict()}
        for copy, origin in self.revived.items():
            yield {"op": "revived", "copy": copy, "origin": origin}
        if self.holds:
            yield {"op": "held", "holds": [[*place, *hold] for place, hold in self.holds.items()]}


def _places(at: Mapping[str, Iterable[int]]) -> Iterator[Place]:
    for name, offsets in at.items():
        for offset in offsets:
            yield Place(name, offset)
