"""Moving to another store and from one: events with what each group has done with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from poet.events.envelope import Event, encode, timestamp
from poet.events.files._group import Group
from poet.events.files._lines import frame, head_of, key_of
from poet.events.files._log import Place, SegmentLog
from poet.events.files._search import Reader, retired_lines
from poet.events.files._window import Folders, process_of
from poet.events.store import Delivery, Moved

__all__ = ["export", "restore"]


def _stored(folders: Folders) -> list[tuple[str, Place, str, str]]:
    """Return stamp, place, id and key of all events in the segments, in the order of storing."""
    found: list[tuple[str, Place, str, str]] = []
    seen: set[str] = set()
    for name in sorted(folders.names()):
        gone = retired_lines(folders, name)
        begun = name.partition("-")[0]
        stamp = timestamp(int(begun)) if begun.isdigit() else ""
        with suppress(FileNotFoundError):  # retired meanwhile
            for line in folders.lines(name, final=False):
                head = None if line.body is None else head_of(line.body)
                if head is None or line.body is None:
                    continue
                stamp = max(stamp, head.timestamp)
                if line.offset in gone or head.id in seen:
                    continue
                seen.add(head.id)
                key = "" if head.correlation_id else key_of(line.body) or process_of(name)
                found.append((stamp, Place(name, line.offset), head.id, key))
    found.sort()
    return found


def export(folders: Folders, groups: Sequence[Group]) -> Iterator[Moved]:
    """Yield every stored event in the order of storing; dead letters whose event is archived first."""
    stored = _stored(folders)
    known = {place for _, place, _, _ in stored}
    for kept, of in _only_dead(groups, known).values():
        yield Moved(kept, of)
    reader = Reader(folders)
    try:
        for _, place, _, key in stored:
            event = reader.event(place)
            if event is not None:
                yield Moved(event, {group.name: group.delivery(place) for group in groups}, key)
    finally:
        reader.close()


def _only_dead(
    groups: Sequence[Group], known: set[Place]
) -> Mapping[str, tuple[Event, dict[str, Delivery]]]:
    found: dict[str, tuple[Event, dict[str, Delivery]]] = {}
    for group in groups:
        for origin, event, delivery in group.kept():
            if origin not in known:
                done = {other.name: Delivery("done") for other in groups}
                found.setdefault(event.id, (event, done))[1][group.name] = delivery
    return found


def restore(
    folders: Folders, log: SegmentLog, groups: Mapping[str, Group], moved: Sequence[Moved]
) -> int:
    """Store what is not here yet, and take over for each group the further of two states."""
    wanted = {m.event.id for m in moved}
    places = {known: place for _, place, known, _ in _stored(folders) if known in wanted}
    new = [m for m in moved if m.event.id not in places]
    new = list({m.event.id: m for m in new}.values())
    lines = [frame(encode(m.event), "" if m.event.correlation_id else m.key) for m in new]
    if lines:
        first = log.append_line(b"".join(lines), durable=True)
        offset = first.offset
        for one, line in zip(new, lines, strict=True):
            places[one.event.id] = Place(first.name, offset)
            offset += len(line)
    for name, group in groups.items():
        given = [(places[m.event.id], m.event, m.groups[name]) for m in moved if name in m.groups]
        group.take_over(given)
    return len(new)
