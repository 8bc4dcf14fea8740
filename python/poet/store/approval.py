"""Who has read a version: approvals in the log, and commits where a commit counts as review.

An approval is bound to the hashes of code and record, so an edited version is not an approved one.
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from poet.store.atomic import locked, writable
from poet.store.versions import FunctionStore, Version, sha256

__all__ = ["Approval", "approval_of", "approve", "committed", "revoke"]

GIT_SECONDS = 5.0


class Approval(NamedTuple):
    """What the log says of a version.

    Attributes:
        action: ``approved`` or ``revoked``, whichever came last.
        who: The person's login name.
        when: RFC 3339.
        why: As given.
    """

    action: str
    who: str
    when: str
    why: str


def approval_of(store: FunctionStore, version: Version) -> Approval | None:
    """Return the last approval or revocation bound to this code and record, None without any.

    Merged logs hold the lines of both sides one after the other, so their times decide.
    """
    record_hash = sha256(version.record_text)
    found = [
        (str(e.get("time")), number, e)
        for number, e in enumerate(store.log())
        if e.get("action") in ("approved", "revoked")
        and e.get("code_sha256") == sha256(version.code)
        and e.get("record_sha256") == record_hash
    ]
    if not found:
        return None
    when, _, entry = max(found, key=lambda f: f[:2])
    return Approval(str(entry["action"]), str(entry.get("who")), when, str(entry.get("why")))


def approve(store: FunctionStore, name: str, reason: str) -> Version:
    """Note in the log that a person approves a stored version, and return it.

    Raises:
        VersionNotFoundError, TamperedVersionError: It is not stored, or not as it was verified.
        ReadOnlyStoreError: The log cannot be written.
    """
    return _note(store, "approved", name, reason)


def revoke(store: FunctionStore, name: str, reason: str) -> Version:
    """Note in the log that a version is approved no more, and return it.

    Raises:
        VersionNotFoundError, TamperedVersionError: It is not stored, or not as it was verified.
        ReadOnlyStoreError: The log cannot be written.
    """
    return _note(store, "revoked", name, reason)


def _note(store: FunctionStore, action: str, name: str, reason: str) -> Version:
    store.read(name)  # before a lock file is made
    with locked(store.folder, store.lock_timeout), writable(store.folder):
        version = store.read(name)
        store.append_log(action, version, None, reason)
    return version


def committed(version: Version) -> str:
    """Return an empty text if git's HEAD holds this very code and record, else why that is unknown.

    It runs git once, for a few seconds at most.
    """
    import subprocess

    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "ls-tree", "HEAD", "--", "code.py", "record.json"],  # noqa: S607 - the user's git
            cwd=version.folder,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"git gave no answer within {GIT_SECONDS:g} s"
    except OSError as error:
        return f"git cannot be run: {error.strerror or error}"
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return f"git: {said[-1] if said else f'exit status {done.returncode}'}"
    blobs = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        about, _, path = line.partition("\t")
        blobs[path] = about.split()[-1]
    for name, text in (("code.py", version.code), ("record.json", version.record_text)):
        if name not in blobs:
            return f"{name} is not committed"
        if blobs[name] != _blob(text, len(blobs[name])):
            return f"{name} differs from the one that is committed"
    return ""


def _blob(text: str, length: int) -> str:
    """Return the name git gives to a file of this text."""
    data = text.encode()
    kind = "sha256" if length == 64 else "sha1"
    return hashlib.new(kind, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
