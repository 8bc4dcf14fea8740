"""The ``files`` store: a queue over the segment log that any text tool can read.

Layout under ``POET_HOME/events``::

    pending/<begun>-<pid>-<random>.jsonl   the segments: one line an event, with its checksum
    processed/                             segments that every group has dealt with
    archive/2026-03-01.….jsonl.gz          what retention took: JSON lines, `zcat` reads them
    damaged/                               lines whose checksum is wrong, kept aside
    groups/<group>/journal.jsonl           what was claimed, acknowledged and handed back
    groups/<group>/dead/                   copies of the dead letters
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from weakref import WeakSet

from poet.errors import EventStoreError
from poet.events._select import first, merged, selection
from poet.events.archive import Archive
from poet.events.envelope import Event, encode
from poet.events.files._group import Group, group_names
from poet.events.files._lines import frame, set_aside
from poet.events.files._locks import lease_clock, nobody_holds
from poet.events.files._log import Place, log_for, make_folder
from poet.events.files._moving import export, restore
from poet.events.files._retire import retire
from poet.events.files._search import retired_lines, search
from poet.events.files._state import REVIVED
from poet.events.files._window import Folders
from poet.events.store import GROUP, Claim, DeadLetter, Moved, Retired
from poet.files import sync_folder

__all__ = ["FileStore"]

_ABANDONED = 60.0  # seconds after which a segment without its name has no writer


class FileStore:
    """The event store in files.

    Args:
        home: The folder of live state; it need not exist.
        clock: Seconds on a clock that all processes share and nobody sets back, for leases.
    """

    url = "files"

    def __init__(self, home: Path, *, clock: Callable[[], float] = lease_clock) -> None:
        self.home = home
        self.folders = Folders(home)
        self._clock = clock
        self._log = log_for(home)
        self._forget()
        _all.add(self)

    def _forget(self) -> None:
        self._lock = Lock()
        self._groups: dict[str, Group] = {}
        self._swept = False

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except EventStoreError:
            raise
        except OSError as error:
            raise EventStoreError(
                f"{what}: {error.strerror or error}",
                where=str(self.folders.base),
                hint="is the folder there, writable, and is there space? POET_HOME names another",
            ) from error

    def _group(self, name: str) -> Group:
        with self._lock:
            group = self._groups.get(name)
            if group is None:
                group = self._groups[name] = Group(self.folders, name, self._clock)
            return group

    def emit(self, event: Event) -> None:
        """Store an event so that it survives a kill of this process; the device comes later.

        Raises:
            EventError: It is not JSON or too large.
            EventStoreError: It could not be stored.
        """
        line = frame(encode(event))
        with self._told("the event could not be stored"):
            self._log.append_line(line)

    def publish(self, events: Sequence[Event]) -> None:
        """Store events durably, all in one write and one fdatasync, shared with other threads.

        Raises:
            EventError: One is not JSON or too large; none was stored.
            EventStoreError: They could not be stored durably; some may be stored.
        """
        data = b"".join([frame(encode(event)) for event in events])
        if data:
            with self._told("the events could not be stored durably"):
                self._log.append_line(data, durable=True)

    def claim(
        self, consumer: str, *, group: str = GROUP, limit: int = 100, lease: float = 60.0
    ) -> list[Claim]:
        """Return up to ``limit`` events nobody in the group holds, oldest first; see the protocol.

        Raises:
            EventStoreError: What was claimed could not be noted, so nothing was.
        """
        known = self._group(group)
        with self._told("events could not be claimed"):
            claims = known.claim(consumer, limit, lease)
            if not claims and (known.just_finished or not self._swept):
                self._sweep(known)
        return claims

    def ack(self, claims: Sequence[Claim], *, group: str = GROUP) -> None:
        """Note durably that events are dealt with; acknowledging twice is no error.

        Raises:
            EventStoreError: It could not be noted durably: the events may come again.
        """
        if claims:
            with self._told("events could not be acknowledged"):
                self._group(group).ack(claims)

    def nack(
        self, claims: Sequence[Claim], *, group: str = GROUP, reason: str = "", delay: float = 0.0
    ) -> None:
        """Hand events back, to be delivered again after ``delay`` seconds; see the protocol.

        Raises:
            EventStoreError: It could not be noted: they come again when their lease ends.
        """
        if claims:
            with self._told("events could not be handed back"):
                self._group(group).nack(claims, reason, delay)

    def dead(self, *, group: str = GROUP) -> list[DeadLetter]:
        """Return the group's dead letters, oldest first."""
        with self._told("dead letters could not be read"):
            return self._group(group).dead()

    def revive(self, ids: Sequence[str], *, group: str = GROUP) -> int:
        """Deliver dead letters anew, as if never delivered; return how many there were."""
        with self._told("dead letters could not be revived"):
            return self._group(group).revive(ids)

    def query(
        self,
        type: str | None = None,  # noqa: A002 - the envelope's own word
        *,
        function: str | None = None,
        since: str | None = None,
        until: str | None = None,
        correlation_id: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        archive: bool = False,
    ) -> Iterator[Event]:
        """Yield stored events, acknowledged ones too, in order of time, each id once; see the protocol.

        Raises:
            EventStoreError: The files cannot be read.
        """
        wanted = selection(type, function, since, until, correlation_id)
        if limit is not None and limit <= 0:
            return
        with self._told("events could not be read"):
            found = search(self.folders, wanted, limit=limit, newest_first=newest_first)
            if archive:  # after the segments: events move from those to there
                old = Archive(self.home).read(wanted, newest_first=newest_first)
                found = first(merged(found, old, newest_first=newest_first), limit)
            yield from found

    def retire(self, days: float = 30.0, *, now: float | None = None) -> Retired:
        """Move events older than ``days`` that every group has dealt with to the compressed archive.

        Segments that are open in another process give back their space only when that process
        goes on to another segment, at the latest a day later.

        Raises:
            EventStoreError: The archive cannot be written; nothing is lost.
        """
        seconds = (time.time() if now is None else now) - days * 86_400
        with self._told("events could not be archived"):
            self._log.close()  # this process's own segment, too
            groups = [self._group(name) for name in group_names(self.folders)]
            for group in groups:
                group.settle()
            self._sweep()
            states = [group.known() for group in groups]

            def is_done(place: Place) -> bool:
                return all(state.is_done(place) for state in states)

            result = retire(self.folders, int(seconds * 1e6), is_done)
            self._clean()
            return result

    def counts(self, *, group: str = GROUP) -> dict[str, int]:
        """Return how many are ``waiting``, ``claimed``, ``done``, ``dead``, ``damaged``, ``archived``.

        ``damaged`` and ``archived`` are the store's, the others the group's; an archived event is
        in none of the group's.
        """
        with self._told("events could not be counted"):
            known = self._group(group)
            known.dead()
            out = known.holds_now()
            state = known.known()
            elsewhere = {letter.origin for letter in state.dead.values()}
            elsewhere.update(state.revived.values())
            waiting = len(state.revived) - sum(1 for place in out if place.name.startswith(REVIVED))
            claimed, done = len(out), 0
            for name in self.folders.names():
                gone = retired_lines(self.folders, name)
                final = self.folders.writer_is_gone(name)
                with suppress(FileNotFoundError):
                    for line in self.folders.lines(name, final=final):
                        place = Place(name, line.offset)
                        if line.body is None:
                            set_aside(self.folders.damaged, name, line)
                        elif line.offset in gone or place in elsewhere or place in out:
                            continue
                        elif state.is_done(place):
                            done += 1
                        else:
                            waiting += 1
            damaged = 0
            with suppress(FileNotFoundError, NotADirectoryError):
                damaged = len(os.listdir(self.folders.damaged))  # noqa: PTH208
            return {
                "waiting": waiting,
                "claimed": claimed,
                "done": done,
                "dead": len(state.dead),
                "damaged": damaged,
                "archived": Archive(self.home).count(),
            }

    def groups(self) -> list[str]:
        """Return the names of the groups that have claimed anything, sorted."""
        return group_names(self.folders)

    def export(self) -> Iterator[Moved]:
        """Yield every stored event, in the order in which they were stored, for another store."""
        with self._told("events could not be read"):
            groups = [self._group(name) for name in group_names(self.folders)]
            for group in groups:
                group.known()
            yield from export(self.folders, groups)

    def restore(self, moved: Sequence[Moved]) -> int:
        """Store durably what another store exported; return how many were not here yet.

        Raises:
            EventStoreError: It could not be stored durably; some may be, so repeat it.
        """
        if not moved:
            return 0
        with self._told("events could not be restored"):
            groups = {name: self._group(name) for m in moved for name in m.groups}
            return restore(self.folders, self._log, groups, moved)

    def close(self) -> None:
        """Let go of files; a later call opens them anew."""
        self._log.close()
        with self._lock:
            self._groups = {}

    def _sweep(self, group: Group | None = None) -> None:
        """Move segments that every group is through with to ``processed``.

        Args:
            group: Look only at what this group has just finished; else, and the first time, at all.
        """
        first, self._swept = not self._swept, True
        names = self.folders.names("pending")
        if group is not None and not first:
            names &= group.just_finished
        if group is not None:
            group.just_finished = set()
        for name in group_names(self.folders):
            if not names:
                return
            names &= self._group(name).known().finished
        if names:
            make_folder(self.folders.processed)
            for name in names:
                with suppress(FileNotFoundError):  # another process did
                    (self.folders.pending / name).rename(self.folders.processed / name)
            sync_folder(self.folders.processed)
            sync_folder(self.folders.pending)

    def _clean(self) -> None:
        """Delete what writers left that were killed before their segment had its name."""
        with suppress(OSError):
            for path in self.folders.pending.glob(".*.new"):
                # A young one may be about to be locked.
                if time.time() - path.stat().st_mtime > _ABANDONED and nobody_holds(path):
                    path.unlink()


_all: WeakSet[FileStore] = WeakSet()


def _in_child() -> None:
    for store in list(_all):  # a lock may be held by a thread that is not here, for ever
        store._forget()  # noqa: SLF001 - its own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
