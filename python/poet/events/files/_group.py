"""One consumer group of the ``files`` store: claims, acknowledgements and dead letters."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from poet.errors import EventStoreError
from poet.events.envelope import Event, encode, timestamp
from poet.events.files._journal import Journal, Op
from poet.events.files._lines import event_at, frame
from poet.events.files._locks import boot, held, nobody_holds
from poet.events.files._log import Appender, Place, SegmentLog, make_folder
from poet.events.files._state import REVIVED, State
from poet.events.files._window import Entry, Folders, Window
from poet.events.store import MAX_ATTEMPTS, Claim, DeadLetter, Delivery

__all__ = ["Group", "group_names"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
ENDED = "its lease ended"
_ALONE = MAX_ATTEMPTS - 2  # leases that ended, after which an event is handed out by itself


def group_names(folders: Folders) -> list[str]:
    """Return the groups that have claimed something."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(n for n in os.listdir(folders.groups) if _NAME.fullmatch(n))  # noqa: PTH208
    return []


class Group:
    """A group as this process knows it; its journal is what counts.

    Args:
        folders: The store's folders.
        name: The group.
        clock: Seconds on a clock that the processes share, for leases.
    """

    def __init__(self, folders: Folders, name: str, clock: Callable[[], float]) -> None:
        self._lock_fd = -1
        if not _NAME.fullmatch(name):
            raise EventStoreError(
                f"{name!r} is not a name for a group of consumers",
                hint="letters, digits, '_', '-' and '.', at most 100, such as 'learn'",
            )
        self.folders = folders
        self.name = name
        self.folder = folders.groups / name
        self.state = State()
        self.window = Window(folders, self.state, self.folder)
        self._clock = clock
        self._journal = Journal(self.folder / "journal.jsonl")
        self._letters = SegmentLog(self.folder, folder=self.folder / "dead")
        self.just_finished: set[str] = set()
        self._turn = Lock()

    def __del__(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)

    @contextmanager
    def locked(self, *, reading: bool = False) -> Iterator[None]:
        """Hold the group, with everything known that any process has noted.

        Args:
            reading: Nothing will be written: a folder that cannot be written, or is not there, is
                no error.
        """
        with self._turn:
            if self._lock_fd < 0:
                self._open_lock(reading=reading)
            if self._lock_fd < 0:
                yield
                return
            with held(self._lock_fd):
                for op in self._journal.catch_up(self._forget):
                    self.window.note(self.state.apply(op))
                yield

    def _open_lock(self, *, reading: bool) -> None:
        path = self.folder / "lock"
        flags = getattr(os, "O_CLOEXEC", 0)
        try:
            if not reading:
                make_folder(self.folder)
            self._lock_fd = os.open(path, flags | os.O_RDWR | (0 if reading else os.O_CREAT), 0o644)
        except OSError:
            if not reading:
                raise
            with suppress(OSError):
                self._lock_fd = os.open(path, flags | os.O_RDONLY)

    def _forget(self) -> None:
        self.state.clear()
        self.window.clear()

    def _write(self, ops: list[Op]) -> tuple[Appender, int] | None:
        """Note ``ops`` in the journal and here; under the lock."""
        if not ops:
            return None
        if self._journal.must_be_written_anew:
            self._compact()
        written = self._journal.append(ops)
        for op in ops:
            self.window.note(self.state.apply(op))
        return written

    def _compact(self) -> None:
        self.state.compact(self.window.floors(), self.folders.names())
        self._journal.write_anew(self.state.ops())
        self._drop_letters()

    def _drop_letters(self) -> None:
        """Delete the files of dead letters that nobody needs any more."""
        needed = {letter.copy.name for letter in self.state.dead.values()}
        needed |= {copy.name for copy in self.state.revived}
        with suppress(OSError):
            for path in (self.folder / "dead").glob("*.jsonl"):
                if REVIVED + path.name not in needed and nobody_holds(path):
                    path.unlink()

    # Delivering

    def claim(self, consumer: str, limit: int, lease: float) -> list[Claim]:
        """Return up to ``limit`` events, held for ``lease`` seconds."""
        chosen: list[tuple[Entry, Event]] = []
        with self.locked():
            self.window.refresh()
            now, this_boot = self._clock(), boot()
            heads = self.window.heads(now, this_boot)
            try:
                while len(chosen) < limit and (entry := next(heads, None)) is not None:
                    event = self.window.event(entry)
                    hold = self.state.holds.get(entry.place)
                    if event is None:  # a newer version's, or damaged since it was read
                        self.window.skip(entry)
                    elif hold is not None and hold.attempts >= MAX_ATTEMPTS:
                        self._give_up(entry.place, event, hold.attempts, hold.reason or ENDED)
                    else:
                        # Where consumers died, one event may be what kills them: the others of its
                        # batch must not be given up with it.
                        alone = hold is not None and bool(hold.by) and hold.attempts >= _ALONE
                        if alone and chosen:
                            self.window.put_back(entry)
                            break
                        chosen.append((entry, event))
                        if alone:
                            break
                heads.close()
                held_for = {"by": consumer, "until": now + lease, "lease": lease, "boot": this_boot}
                places = [entry.place for entry, _ in chosen]
                if places:
                    self._write([{**_at("claim", places), **held_for}])
            except BaseException:
                heads.close()
                for entry, _ in chosen:
                    self.window.put_back(entry)
                raise
            if not chosen:
                self.just_finished |= self._finish()
            holds = self.state.holds
            return [
                Claim(event, attempts, _token(entry.place, attempts))
                for entry, event in chosen
                for attempts in (holds[entry.place].attempts,)
            ]

    def ack(self, claims: Sequence[Claim]) -> None:
        """Note durably that events are dealt with."""
        with self.locked():
            places = sorted({place for claim in claims for place in self._places(claim)})
            written = self._write([_at("ack", places)] if places else [])
            if written is None:  # said before, perhaps not durably
                written = self._journal.last
                if written is not None and written[0].spent:
                    self._compact()
                    return
        if written is not None:
            written[0].sync(written[1])

    def _places(self, claim: Claim) -> Iterator[Place]:
        """Yield where a claimed event is still to be dealt with: it may have died, or live again."""
        place, _ = _place(claim.token)
        if self.state.is_dead(place) or not self.state.is_done(place):
            yield place
        for copy, origin in self.state.revived.items():
            if origin == place:
                yield copy

    def nack(self, claims: Sequence[Claim], reason: str, delay: float) -> None:
        """Hand events back, or give them up."""
        written = None
        with self.locked():
            back = []
            for claim in claims:
                place, attempt = _place(claim.token)
                hold = self.state.holds.get(place)
                if hold is None or not hold.by or hold.attempts != attempt:
                    continue  # it is no longer this consumer's
                if attempt >= MAX_ATTEMPTS:
                    written = self._give_up(place, claim.event, attempt, reason)
                else:
                    back.append(place)
            if back:
                until = {"until": self._clock() + delay, "lease": delay, "boot": boot()}
                written = self._write([{**_at("nack", back), **until, "reason": reason}])
        if written is not None:
            written[0].sync(written[1])

    # Dead letters

    def _give_up(
        self, place: Place, event: Event, attempts: int, reason: str, time: str = ""
    ) -> tuple[Appender, int] | None:
        origin = copy = self.state.revived.get(place, place)
        if origin == place:
            put = self._letters.append_line(frame(encode(event)), durable=True)
            copy = Place(REVIVED + put.name, put.offset)
        else:
            copy = place
        about = {"attempts": attempts, "reason": reason, "time": time or timestamp()}
        return self._write(
            [{"op": "dead", "id": event.id, "at": place, "origin": origin, "copy": copy, **about}]
        )

    def dead(self) -> list[DeadLetter]:
        """Return the dead letters, oldest first."""
        found = []
        with self.locked(reading=True):
            self._give_up_ended()
            for letter in self.state.dead.values():
                with suppress(FileNotFoundError):
                    event = event_at(self.folder / letter.copy.name, letter.copy.offset)
                    if event is not None:
                        found.append(DeadLetter(event, letter.attempts, letter.reason, letter.time))
        return sorted(found, key=lambda letter: (letter.time, letter.event.id))

    def _give_up_ended(self) -> None:
        """Give up the events whose last lease ended."""
        now, this_boot = self._clock(), boot()
        for place, hold in list(self.state.holds.items()):
            if hold.attempts < MAX_ATTEMPTS or not hold.over(now, this_boot):
                continue
            with suppress(OSError):  # a folder that cannot be written: at the next claim
                if place.name.startswith(REVIVED):
                    event = event_at(self.folder / place.name, place.offset)
                else:
                    event = self.folders.event(place)
                if event is not None:
                    self._give_up(place, event, hold.attempts, hold.reason or ENDED)

    def revive(self, ids: Sequence[str]) -> int:
        """Deliver dead letters anew; return how many there were."""
        with self.locked():
            self._give_up_ended()
            known = [i for i in dict.fromkeys(ids) if i in self.state.dead]
            written = self._write([{"op": "revive", "ids": known}] if known else [])
        if written is not None:
            written[0].sync(written[1])
        return len(known)

    # What is dealt with

    def _finish(self) -> set[str]:
        finished = self.window.take_finished()
        if finished:
            # A segment is moved on the strength of the journal, so that must be durable first.
            written = self._write([{"op": "finish", "segments": finished}])
            if written is not None:
                written[0].sync(written[1])
        return set(finished)

    def settle(self) -> None:
        """Look at all files and note which segments are dealt with, durably."""
        with self.locked():
            self.window.refresh()
            self.just_finished |= self._finish()
            if (last := self._journal.last) is not None:
                last[0].sync(last[1])

    def known(self) -> State:
        """Return the state as it is now; it changes as this process goes on."""
        with self.locked(reading=True):
            return self.state

    def holds_now(self) -> set[Place]:
        """Return which events are out for delivery."""
        now, this_boot = self._clock(), boot()
        with self.locked(reading=True):
            holds = self.state.holds.items()
            return {place for place, h in holds if h.by and not h.over(now, this_boot)}

    # Moving

    def delivery(self, place: Place) -> Delivery:
        """Return what the group has done with a stored event; call ``known`` before."""
        state = self.state
        letter = state.letter(place)
        if letter is not None:
            return Delivery("dead", letter.attempts, letter.reason, letter.time)
        if state.is_done(place) and place not in state.revived.values():
            return Delivery("done")
        hold = state.holds.get(place)
        return Delivery("waiting", hold.attempts if hold else 0)

    def kept(self) -> Iterator[tuple[Place, Event, Delivery]]:
        """Yield the events that the group keeps copies of, with where they were."""
        state = self.known()
        for letter in list(state.dead.values()):
            event = event_at(self.folder / letter.copy.name, letter.copy.offset)
            if event is not None:
                why = Delivery("dead", letter.attempts, letter.reason, letter.time)
                yield letter.origin, event, why
        for copy, origin in list(state.revived.items()):
            event = event_at(self.folder / copy.name, copy.offset)
            if event is not None:
                hold = state.holds.get(copy)
                yield origin, event, Delivery("waiting", hold.attempts if hold else 0)

    def take_over(self, given: Sequence[tuple[Place, Event, Delivery]]) -> None:
        """Note durably what the group had done elsewhere, where that is further than here."""
        with self.locked():
            done: list[Place] = []
            holds: list[list[Any]] = []
            for place, event, delivery in given:
                if self.delivery(place).state != "waiting":
                    if delivery.state == "done" and self.state.is_dead(place):
                        done.append(place)
                elif delivery.state == "done":
                    done.append(place)
                elif delivery.state == "dead":
                    self._give_up(place, event, delivery.attempts, delivery.reason, delivery.time)
                elif delivery.attempts and place not in self.state.holds:
                    holds.append([*place, delivery.attempts, 0.0, 0.0, boot(), "", ""])
            ops: list[Op] = [_at("ack", done)] if done else []
            ops += [{"op": "held", "holds": holds}] if holds else []
            self._write(ops)
            last = self._journal.last
        if last is not None:
            last[0].sync(last[1])


def _at(op: str, places: Sequence[Place]) -> dict[str, Any]:
    at: dict[str, list[int]] = {}
    for name, offset in places:
        at.setdefault(name, []).append(offset)
    return {"op": op, "at": at}


def _token(place: Place, attempts: int) -> str:
    return f"{place.name}:{place.offset}:{attempts}"


def _place(token: str) -> tuple[Place, int]:
    try:
        name, offset, attempts = token.rsplit(":", 2)
        return Place(name, int(offset)), int(attempts)
    except ValueError:
        raise EventStoreError(
            f"{token!r:.80} is not a claim of this store",
            hint="hand claims back to the store that they came from",
        ) from None
