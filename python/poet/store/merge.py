"""Merging branches that both made the same version number: nothing is lost, both are kept.

``.poet/.gitattributes`` has git keep our side of a version folder whole and mark the conflict, and
join the logs. The log then holds two promotions of one name with different hashes, which is how a
duplicate is seen; git's index holds the other side, which is where it is kept from.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from poet.errors import StoreError
from poet.store.atomic import dump_json, locked, write_folder, write_text
from poet.store.versions import FILES, FunctionStore, version_number

__all__ = ["Duplicate", "duplicates", "renumber"]


class Duplicate(NamedTuple):
    """A version number that was given to two different versions.

    Attributes:
        name: Such as ``v2``.
        records: SHA-256 of each record the log binds to that name.
    """

    name: str
    records: tuple[str, ...]


def duplicates(store: FunctionStore) -> list[Duplicate]:
    """Return the version numbers that two branches both gave, as the joined log shows them."""
    entries = store.log()
    settled = {(e.get("from"), e.get("record_sha256")) for e in entries if _is_renumber(e)}
    seen: dict[str, dict[str, None]] = {}
    for entry in entries:
        name, record = str(entry.get("to")), str(entry.get("record_sha256"))
        if version_number(name) and not _is_renumber(entry) and (name, record) not in settled:
            seen.setdefault(name, {})[record] = None
    return [Duplicate(name, tuple(records)) for name, records in seen.items() if len(records) > 1]


def _is_renumber(entry: Mapping[str, Any]) -> bool:
    return entry.get("action") == "renumber"


def renumber(store: FunctionStore) -> dict[str, str]:
    """Keep both sides of a merge: theirs gets the next free number; ours and current stay.

    Returns:
        A mapping from the shared name to the new name of their version.

    Raises:
        StoreError: git has no other side to keep.
    """
    theirs = _their_versions(store)
    if not theirs:
        raise StoreError(
            f"no merge of {store.qualname} is under way here, so there is no other side to keep",
            where=str(store.folder),
            hint="run it between `git merge` and its commit",
        )
    moved = {}
    with locked(store.folder, store.lock_timeout):
        for name, files in sorted(theirs.items(), key=lambda item: version_number(item[0])):
            missing = [f for f in FILES if f not in files]
            if missing:
                raise StoreError(
                    f"their side of {store.qualname} {name} lacks {', '.join(missing)}",
                    where=str(store.folder / name),
                )
            new = f"v{max(map(version_number, store.names())) + 1}"
            metadata = {**json.loads(files["metadata.json"]), "version": new}
            write_folder(store.folder / new, {**files, "metadata.json": dump_json(metadata)})
            store.append_log("renumber", store.read(new), name, f"two branches made {name}")
            moved[name] = new
        if store.current_or_none() is None:
            write_text(store.folder / "current", store.names()[-1] + "\n")
    _git(store.folder, "add", "--", ".")
    return moved


def _their_versions(store: FunctionStore) -> dict[str, dict[str, str]]:
    """Return their side of each version folder that git marked as in conflict."""
    listing = _git(store.folder, "ls-files", "--unmerged", "-z", "--", ".")
    found: dict[str, dict[str, str]] = {}
    for row in listing.split("\0"):
        if not row:
            continue
        info, _, path = row.partition("\t")
        _, blob, stage = info.split()
        folder, _, name = path.partition("/")
        if stage == "3" and version_number(folder) and name in FILES:
            found.setdefault(folder, {})[name] = _git(store.folder, "cat-file", "blob", blob)
    for folder, files in found.items():
        for name in FILES:  # what both sides have alike is in no conflict
            ours = store.folder / folder / name
            if name not in files and ours.is_file():
                files[name] = ours.read_bytes().decode()
    return found


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    except FileNotFoundError:
        raise StoreError("git is not installed", where=str(folder)) from None
    except subprocess.CalledProcessError as error:
        raise StoreError(
            f"git {arguments[0]} failed: {error.stderr.decode(errors='replace').strip()}",
            where=str(folder),
        ) from None
    return done.stdout.decode()
