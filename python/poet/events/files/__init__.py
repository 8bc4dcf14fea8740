"""The ``files`` event store: an append-only log of JSON lines, one segment per writing process.

Each line is one event as JSON whose last member is ``"crc"``, the CRC-32 of everything before it,
so that any text tool reads the log and a torn or damaged line is found::

    {"id":"…","type":"function.execution",…,"payload":{…},"crc":"5f1d2c3b"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.events.files._lines import frame, read_segment
from poet.events.files._log import SegmentLog, log_for

if TYPE_CHECKING:
    from poet.events.files.store import FileStore

__all__ = ["FileStore", "SegmentLog", "frame", "log_for", "read_segment"]


def __getattr__(name: str) -> Any:
    if name == "FileStore":  # only consumers need it; a call needs the log alone
        from poet.events.files.store import FileStore

        return FileStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
