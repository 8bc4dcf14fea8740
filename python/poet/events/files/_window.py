"""The events that a group still has to deal with, the oldest of them in memory, ready to be claimed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from heapq import heapify, heappop, heappush
from pathlib import Path

from poet.events.envelope import Event, encode, timestamp
from poet.events.files._lines import Line, event_at, event_of, head_of, key_of, lines_of, set_aside
from poet.events.files._locks import nobody_holds
from poet.events.files._log import Place
from poet.events.files._state import REVIVED, State

__all__ = ["Entry", "Folders", "Window", "process_of"]

WINDOW = 100_000
"""Events in memory at most; the rest of a backlog stays in the files until these are dealt with."""
_CHUNK = 128 * 1024
_KEPT_BYTES = 2048  # of a longer event, or while there are many, only the place is kept
_MANY = 10_000
_PROCESS = "\0"
"""How the key of events begins that are about nothing: those of one process come in order."""
_PARTS = ("pending", "processed")


class Folders:
    """The folders of one store."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.base = home / "events"
        self.pending = self.base / "pending"
        self.processed = self.base / "processed"
        self.damaged = self.base / "damaged"
        self.groups = self.base / "groups"

    def names(self, *parts: str) -> set[str]:
        """Return the names of the segments in ``pending`` and ``processed``, or in one."""
        found: set[str] = set()
        for part in parts or _PARTS:  # a segment moves from the first to the second only
            with suppress(FileNotFoundError, NotADirectoryError):
                found.update(os.listdir(f"{self.base}/{part}"))  # noqa: PTH208 - names only
        return {name for name in found if name[-6:] == ".jsonl" and name[:1] != "."}

    def size(self, name: str) -> int:
        """Return a segment's bytes.

        Raises:
            FileNotFoundError: It is gone.
        """
        try:
            return os.stat(f"{self.pending}/{name}").st_size  # noqa: PTH116 - twice as fast
        except FileNotFoundError:
            return os.stat(f"{self.processed}/{name}").st_size  # noqa: PTH116

    def lines(
        self, name: str, start: int = 0, end: int | None = None, *, final: bool = True
    ) -> Iterator[Line]:
        """Yield the lines of a segment, wherever it is; see ``lines_of``.

        Raises:
            FileNotFoundError: It is gone.
        """
        with suppress(FileNotFoundError):  # it may move while we look
            yield from lines_of(self.pending / name, start, end, final=final)
            return
        yield from lines_of(self.processed / name, start, end, final=final)

    def event(self, place: Place) -> Event | None:
        """Return the event at a place of a segment; None if it is gone or damaged."""
        with suppress(FileNotFoundError):
            return event_at(self.pending / place.name, place.offset)
        with suppress(FileNotFoundError):
            return event_at(self.processed / place.name, place.offset)
        return None

    def writer_is_gone(self, name: str) -> bool:
        """Return whether nobody will append to a segment any more."""
        with suppress(FileNotFoundError):
            return nobody_holds(self.pending / name)
        with suppress(FileNotFoundError):
            return nobody_holds(self.processed / name)
        return True


def process_of(name: str) -> str:
    """Return which process wrote a segment."""
    return name.removesuffix(".jsonl").partition("-")[2] or name


class Entry:
    """One event that is not done: what orders it and where it is."""

    __slots__ = ("body", "gone", "id", "key", "order", "place")

    def __init__(self, place: Place, stamp: str, known: str, key: str, body: bytes | None) -> None:
        self.place = place
        self.order = (stamp, place)
        self.id = known
        self.key = key
        self.body = body
        self.gone = False

    def __lt__(self, other: Entry) -> bool:
        return self.order < other.order


class _Cursor:
    """How far a segment is read, and how much of what was read is not done."""

    __slots__ = ("final", "name", "open", "position", "process", "size", "stamp")

    def __init__(self, name: str) -> None:
        self.name = name
        begun = name.partition("-")[0]
        # What was stored in a segment is not older than the segment, whatever its clock said since.
        self.stamp = timestamp(int(begun)) if begun.isdigit() else ""
        self.process = process_of(name)
        self.position = 0
        self.size = 0
        self.open: set[int] = set()
        self.final = False


class Window:
    """The undone events of a group in the order of their delivery.

    Events of one key stand in a queue, and only the first of a queue may be delivered. Segments are
    merged by time as they are read, so what is in memory is the oldest part of the backlog.
    """

    def __init__(self, folders: Folders, state: State, letters: Path) -> None:
        self.folders = folders
        self.state = state
        self._letters = letters
        self.clear()

    def clear(self) -> None:
        """Know nothing of the files."""
        self._cursors: dict[str, _Cursor] = {}
        self._entries: dict[Place, Entry] = {}
        self._ids: dict[str, Place] = {}
        self._queues: dict[str, deque[Entry]] = {}
        self._ready: list[Entry] = []
        self._later: list[tuple[float, Entry]] = []
        self._cut: dict[str, int] = {}
        self._unread: list[tuple[str, str]] = []
        self._first_time = True

    # Reading

    def refresh(self) -> None:
        """Look for new segments and new lines."""
        parts = ("pending", "processed") if self._first_time else ("pending",)
        self._first_time = False
        # An event counts as there if it was there at the first look; what was stored before it is
        # there at the second, in whatever segment. So no event overtakes one of the same key.
        self._look(parts)
        self._cut = {c.name: c.size for c in self._cursors.values()}
        self._look(parts)
        self._unread = [(c.stamp, c.name) for c in self._cursors.values() if c.position < c.size]
        heapify(self._unread)
        for copy in self.state.revived:
            if copy not in self._entries:
                self._add_revived(copy)

    def _look(self, parts: tuple[str, ...]) -> None:
        for name in self.folders.names(*parts):
            if name not in self._cursors and name not in self.state.finished:
                cursor = self._cursors[name] = _Cursor(name)
                cursor.position = self.state.floor.get(name, 0)
        for cursor in list(self._cursors.values()):
            if not cursor.final:
                with suppress(FileNotFoundError):
                    cursor.size = self.folders.size(cursor.name)

    def _read_on(self) -> None:
        """Read the next piece of the segment that may hold the oldest event."""
        cursor = self._cursors.get(heappop(self._unread)[1])
        if cursor is not None:
            before = cursor.position
            self._read_chunk(cursor)
            if before < cursor.position < cursor.size:
                heappush(self._unread, (cursor.stamp, cursor.name))

    def _read_chunk(self, cursor: _Cursor) -> None:
        end = min(cursor.size, cursor.position + _CHUNK)
        try:
            for line in self.folders.lines(cursor.name, cursor.position, end, final=cursor.final):
                cursor.position = line.offset + len(line.raw)
                body = line.body
                head = None if body is None else head_of(body)
                if head is None:
                    set_aside(self.folders.damaged, cursor.name, line)
                    continue
                cursor.stamp = max(cursor.stamp, head.timestamp)
                place = Place(cursor.name, line.offset)
                if self.state.is_done(place) or place in self._entries:
                    continue
                if head.id in self._ids:  # stored twice: once is enough
                    continue
                assert body is not None
                key = head.correlation_id or _PROCESS + (key_of(body) or cursor.process)
                if len(line.raw) > _KEPT_BYTES or len(self._entries) > _MANY:
                    body = None
                self._add(Entry(place, cursor.stamp, head.id, key, body))
                cursor.open.add(line.offset)
        except FileNotFoundError:  # retired meanwhile: everybody has dealt with it
            self._cursors.pop(cursor.name, None)

    def _add_revived(self, copy: Place) -> None:
        event = event_at(self._letters / copy.name, copy.offset)
        if event is not None:
            origin = self.state.revived[copy].name
            key = event.correlation_id or _PROCESS + process_of(origin)
            self._add(Entry(copy, event.timestamp, event.id, key, encode(event)))

    def _add(self, entry: Entry) -> None:
        self._entries[entry.place] = entry
        self._ids[entry.id] = entry.place
        queue = self._queues.get(entry.key)
        if queue is None:
            self._queues[entry.key] = deque((entry,))
        elif queue[-1] < entry:
            queue.append(entry)
            return
        else:
            position = next(i for i, other in enumerate(queue) if entry < other)
            queue.insert(position, entry)
            if position:
                return
        heappush(self._ready, entry)

    def event(self, entry: Entry) -> Event | None:
        """Return an entry's event, read again if it is not in memory; None if it is not there."""
        if entry.body is not None:
            return event_of(entry.body)
        return self.folders.event(entry.place)

    def entry(self, place: Place) -> Entry | None:
        """Return the entry of an event that is not done, if it is in memory."""
        return self._entries.get(place)

    # Choosing

    def heads(self, now: float, boot: str) -> Generator[Entry]:
        """Yield entries that may be delivered, oldest first; one that is not taken must be put back.

        Args:
            now: On the lease clock.
            boot: The start of the machine that the clock belongs to.
        """
        while self._later and self._later[0][0] <= now:
            heappush(self._ready, heappop(self._later)[1])
        young: list[Entry] = []
        seen: set[Place] = set()
        taken: dict[str, int] = {}  # of the queues of processes: how many were yielded
        try:
            while True:
                if not self._ready:
                    if not self._unread or len(self._entries) >= WINDOW:
                        return
                    self._read_on()
                    continue
                entry = heappop(self._ready)
                if entry.gone or entry.place in seen or not self._next(entry, taken):
                    continue
                seen.add(entry.place)
                hold = self.state.holds.get(entry.place)
                if hold is not None and not hold.over(now, boot):
                    heappush(self._later, (hold.until, entry))
                    continue
                name, offset = entry.place
                if not name.startswith(REVIVED) and offset >= self._cut.get(name, 0):
                    young.append(entry)
                    continue
                while self._unread and entry.order[0] > self._unread[0][0]:
                    self._read_on()  # something older may be in a file
                if self._next(entry, taken) and not self._older(entry):
                    yield entry
                    if entry.key[0] == _PROCESS and not entry.gone:
                        taken[entry.key] = taken.get(entry.key, 0) + 1
                        queue = self._queues[entry.key]
                        if taken[entry.key] < len(queue):
                            heappush(self._ready, queue[taken[entry.key]])
                else:
                    seen.discard(entry.place)
                    heappush(self._ready, entry)
        finally:
            for entry in young:
                heappush(self._ready, entry)

    def _next(self, entry: Entry, taken: dict[str, int]) -> bool:
        """Return whether all before it are done, or are yielded too and of the same process."""
        queue, position = self._queues[entry.key], taken.get(entry.key, 0)
        return position < len(queue) and queue[position] is entry

    def _older(self, entry: Entry) -> bool:
        return bool(self._ready) and self._ready[0] < entry

    def put_back(self, entry: Entry) -> None:
        """Have an entry considered again at the next claim."""
        heappush(self._ready, entry)

    # What happened

    def note(self, places: Iterable[Place]) -> None:
        """Take in that the state of some events has changed."""
        for place in places:
            entry = self._entries.get(place)
            if entry is None:
                continue
            if self.state.is_done(place):
                self._remove(entry)
            else:
                heappush(self._ready, entry)

    def _remove(self, entry: Entry) -> None:
        entry.gone = True
        del self._entries[entry.place]
        self._ids.pop(entry.id, None)
        queue = self._queues[entry.key]
        if queue[0] is entry:
            queue.popleft()
            if queue:
                heappush(self._ready, queue[0])
            else:
                del self._queues[entry.key]
        else:
            queue.remove(entry)
        cursor = self._cursors.get(entry.place.name)
        if cursor is not None:
            cursor.open.discard(entry.place.offset)

    def skip(self, entry: Entry) -> None:
        """Leave an event that cannot be read where it is; what comes after it may be delivered."""
        self._remove(entry)
        cursor = self._cursors.get(entry.place.name)
        if cursor is not None:
            cursor.open.add(entry.place.offset)

    # What is left

    def floors(self) -> dict[str, int]:
        """Return, for each segment, the byte before which everything in it is done."""
        return {c.name: min(c.open, default=c.position) for c in self._cursors.values()}

    def take_finished(self) -> list[str]:
        """Return the segments in which nothing is left to do and nobody writes any more; forget them."""
        finished = []
        for cursor in list(self._cursors.values()):
            if cursor.open:
                continue
            try:
                cursor.final = cursor.final or self.folders.writer_is_gone(cursor.name)
                size = self.folders.size(cursor.name)
            except FileNotFoundError:
                del self._cursors[cursor.name]
                continue
            if cursor.final and size == cursor.position:
                finished.append(cursor.name)
                del self._cursors[cursor.name]
            elif cursor.final:  # a last line without an end, or one that came just before
                cursor.size = size
                self._read_chunk(cursor)
        return finished
