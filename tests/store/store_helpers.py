"""Versions with made-up accepted records, as the gate would hand them to the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from poet.store import FunctionStore, sha256

OLD = 1_000_000_000


def add(store: FunctionStore, number: int, *, pad: int = 0, parent: str | None = None) -> str:
    """Store a version whose code returns ``number``; return its name."""
    code = f"def f():\n    return {number}\n{'#' * pad}\n"
    return store.add(
        code,
        params="{}\n",
        state="{}\n",
        metadata={"module": store.module, "parent": parent, "fingerprint": "f"},
        record={"verdict": "accepted", "code_sha256": sha256(code), "number": number},
    )


def grow(store: FunctionStore, *numbers: int, pad: int = 0) -> None:
    """Store and promote one version per number."""
    for number in numbers:
        before = store.current()
        name = add(store, number, pad=pad, parent=before)
        store.promote(name, expected=before, reason=f"number {number}")


def age(store: FunctionStore) -> None:
    """Make every stored version older than an hour."""
    for name in store.names():
        os.utime(store.folder / name, (OLD, OLD))


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run the body as a user whom the permission bits of files bind."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` but lock files, with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }
