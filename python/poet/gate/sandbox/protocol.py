"""Frames between a worker and its parent: four bytes of length, then msgpack of plain data.

Neither side ever unpickles. What a frame may hold is bounded before it is read: its length by the
header, and by that its parts; its depth by msgpack's own limit.
"""

from __future__ import annotations

import os
from typing import Any

import msgpack

__all__ = [
    "HEADER",
    "MAX_FRAME",
    "FrameError",
    "frame",
    "frame_size",
    "read_frame",
    "unpack",
    "write_all",
]

HEADER = 4
MAX_FRAME = 64 * 1024 * 1024


class FrameError(ValueError):
    """Bytes that are no frame, or a value that fits in none."""


def frame(content: Any) -> bytes:
    """Return the frame of plain data.

    Raises:
        FrameError: It is larger than ``MAX_FRAME`` bytes, or no plain data.
    """
    try:
        data: bytes = msgpack.packb(content, use_bin_type=True, unicode_errors="surrogatepass")
    except (ValueError, TypeError, OverflowError) as error:
        raise FrameError(f"data that no frame can hold: {error}") from None
    if len(data) > MAX_FRAME:
        raise FrameError(f"a frame of {len(data):,} bytes, at most {MAX_FRAME:,}")
    return len(data).to_bytes(HEADER, "big") + data


def frame_size(header: bytes | bytearray) -> int:
    """Return the size of what follows a header.

    Raises:
        FrameError: It is nothing, or more than ``MAX_FRAME``.
    """
    size = int.from_bytes(header[:HEADER], "big")
    if not 0 < size <= MAX_FRAME:
        raise FrameError(f"a frame of {size:,} bytes, at most {MAX_FRAME:,}")
    return size


def unpack(data: bytes | bytearray | memoryview) -> Any:
    """Return what a frame holds: None, bool, int, float, str, bytes, lists, dicts with text keys.

    Raises:
        FrameError: It is not msgpack, or holds something else.
    """
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            unicode_errors="surrogatepass",
            ext_hook=_no_extension,
        )
    except FrameError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a damaged frame makes the reader say
        raise FrameError(f"not a frame: {error!r}") from None


def _no_extension(code: int, data: bytes) -> Any:
    raise FrameError(f"an extension type ({code}, {len(data)} bytes)")


def read_frame(descriptor: int) -> Any:
    """Return the next frame's content from a blocking descriptor, None at its end.

    Raises:
        FrameError: What comes is no frame.
    """
    header = _read(descriptor, HEADER)
    if len(header) < HEADER:
        return None
    size = frame_size(header)
    data = _read(descriptor, size)
    return unpack(data) if len(data) == size else None


def _read(descriptor: int, size: int) -> bytearray:
    found = bytearray()
    while len(found) < size:
        chunk = os.read(descriptor, min(size - len(found), 1 << 20))
        if not chunk:
            break
        found += chunk
    return found


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data`` to a blocking descriptor."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
