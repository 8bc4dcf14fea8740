"""Promotes versions one after another; what the kill tests kill.

    python promote_loop.py PROJECT MARKS [COUNT] [FIRST]

Every version holds its serial number. One line of MARKS per step says how far the writer was:
``first 7`` at the first write of promotion 7, ``last 7`` just before the rename that makes it
current, ``done 7`` after ``promote`` returned. The marks come from Python's audit hooks, so they
stand at the system calls themselves, and they survive the kill because they are written unbuffered.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from poet.store import FunctionStore, locate, sha256

SERIAL = re.compile(r"^SERIAL = (\d+)$", re.MULTILINE)
AGED = 1_000_000_000


def store_of(project: Path) -> FunctionStore:
    """Return the store that the loop writes."""
    return locate(project / "mod.py", "served")


def promote_next(store: FunctionStore, serial: int) -> str:
    """Store and promote one made-up accepted version; return its name."""
    code = f"SERIAL = {serial}\n\n\ndef served():\n    return {serial}\n{'#' * 8000}\n"
    before = store.current_or_none()
    name = store.add(
        code,
        params="{}\n",
        state="{}\n",
        metadata={"module": store.module, "parent": before, "fingerprint": "made up"},
        record={"verdict": "accepted", "code_sha256": sha256(code), "serial": serial},
    )
    store.promote(name, expected=before, reason=f"serial {serial}")
    return name


def serial_of(store: FunctionStore) -> int:
    """Return the serial number of the current version, 0 if there is none."""
    name = store.current()
    found = SERIAL.search(store.read(name).code) if name else None
    return int(found[1]) if found else 0


def age(store: FunctionStore) -> None:
    """Make all versions old enough for retention to delete them."""
    for name in store.names():
        os.utime(store.folder / name, (AGED, AGED))


def main(project: Path, marks: Path, count: int, first: int) -> None:
    """Promote ``count`` versions and mark each step."""
    fd = os.open(marks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = store_of(project)
    serial, begun = first, False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal begun
        if event == "os.mkdir" and ".tmp-" in str(arguments[0]) and not begun:
            begun = True
            os.write(fd, b"first %d\n" % serial)
        elif event == "os.rename" and str(arguments[1]).endswith("current"):
            os.write(fd, b"last %d\n" % serial)

    sys.addaudithook(hook)
    os.write(fd, b"ready %d\n" % first)
    for serial in range(first, first + count):
        begun = False
        promote_next(store, serial)
        os.write(fd, b"done %d\n" % serial)
        age(store)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[3:]]
    main(Path(sys.argv[1]), Path(sys.argv[2]), *(numbers + [1_000_000, 1][len(numbers) :]))
