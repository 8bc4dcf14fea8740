"""The versions of one function: immutable folders, a ``current`` line and a log.

<folder of the module>/.poet/<function>/
    v1/ code.py params.json state.json metadata.json record.json
    current       the name of the version that calls run
    log.jsonl     promotions and rollbacks: who, when, why, bound to hashes
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from poet.errors import (
    PromoteConflictError,
    StoreError,
    TamperedVersionError,
    VersionNotFoundError,
)
from poet.store.atomic import append_line, dump_json, locked, writable, write_folder, write_text

__all__ = [
    "FunctionStore",
    "Version",
    "diff_versions",
    "locate",
    "sha256",
    "version_number",
    "write_git_files",
]

RESERVED = {"cassettes", "home"}
KEEP_VERSIONS = 10
KEEP_BYTES = 10 * 1024 * 1024
KEEP_SECONDS = 3600
GITIGNORE = "home/\n.lock\n.tmp-*\n"
GITATTRIBUTES = (
    "* -text\n*/v*/* -merge\ncassettes/* -merge\ncurrent -merge\nlog.jsonl merge=union\n"
)
FILES = ("code.py", "params.json", "state.json", "metadata.json", "record.json")


def sha256(text: str) -> str:
    """Return the SHA-256 of ``text`` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def version_number(name: str) -> int:
    """Return 3 for ``v3``, 0 for anything that is not a version's name."""
    digits = name[1:]
    return int(digits) if name[:1] == "v" and digits.isdecimal() and digits.isascii() else 0


class Version(NamedTuple):
    """An accepted candidate as it is stored.

    Attributes:
        name: Such as ``v3``.
        folder: Its folder.
        code: The text of ``code.py``.
        metadata: What made it, for what.
        record: The evidence of its acceptance.
        record_text: The record as stored, which the log binds by its hash.
    """

    name: str
    folder: Path
    code: str
    metadata: Mapping[str, Any]
    record: Mapping[str, Any]
    record_text: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint it was made for."""
        return str(self.metadata.get("fingerprint", ""))


def locate(path: Path, qualname: str) -> FunctionStore:
    """Return the store of ``qualname`` of the module file ``path``; its folder need not exist.

    The folder is named after the function. A second module in the same folder with a function of
    that name, and a name POET keeps for itself, get ``<module>.<function>``.
    """
    base = path.parent / ".poet"
    stem = path.stem
    qualified = base / f"{stem}.{qualname}"
    plain = base / qualname
    owner = _module_of(plain)
    own_already = owner == stem and qualname not in RESERVED
    taken = owner not in (None, stem) or qualname in RESERVED or qualified.is_dir()
    return FunctionStore(qualified if taken and not own_already else plain, stem, qualname)


def _module_of(folder: Path) -> str | None:
    """Return the module that the versions in ``folder`` were made for, None if there are none."""
    for metadata in sorted(folder.glob("v*/metadata.json")):
        try:
            return str(json.loads(metadata.read_bytes())["module"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return None


def write_git_files(folder: Path) -> None:
    """Write what git must know beside ``folder``, where missing; call it only under its lock."""
    for name, text in ((".gitignore", GITIGNORE), (".gitattributes", GITATTRIBUTES)):
        path = folder.parent / name
        if not path.exists():
            write_text(path, text, scratch=folder)


class FunctionStore:
    """Reads and writes the versions of one function.

    Args:
        folder: ``.poet/<function>``.
        module: The module's file name without ``.py``.
        qualname: The function's qualified name.
        lock_timeout: Seconds to wait for another writing process.
    """

    def __init__(
        self, folder: Path, module: str, qualname: str, lock_timeout: float = 60.0
    ) -> None:
        self.folder = folder
        self.module = module
        self.qualname = qualname
        self.lock_timeout = lock_timeout

    # Reading takes no lock and writes nothing.

    def names(self) -> list[str]:
        """Return the names of the stored versions, oldest first."""
        try:
            found = [
                e.name for e in os.scandir(self.folder) if version_number(e.name) and e.is_dir()
            ]
        except FileNotFoundError:
            return []
        return sorted(found, key=version_number)

    def current(self) -> str | None:
        """Return the name of the current version, None if there is none.

        Raises:
            StoreError: ``current`` holds something else than the name of a stored version.
        """
        path = self.folder / "current"
        try:
            name = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            if not any(e.get("action") == "promote" and e.get("from") for e in self.log()):
                return None  # no promotion after a first one, which a kill may have interrupted
            name = "nothing: the file is gone"
        except (OSError, UnicodeDecodeError) as error:
            name = f"? ({error})"
        if not version_number(name) or not (self.folder / name).is_dir():
            raise StoreError(
                f"current names {name!r}, which is not a stored version of {self.qualname}",
                where=str(path),
                hint=f"restore the file from version control, or run: poet promote {self.qualname} "
                f"{(self.names() or ['VERSION'])[-1]}",
            )
        return name

    def read(self, name: str) -> Version:
        """Return a stored version, its code checked against its record.

        Raises:
            VersionNotFoundError: No such version.
            TamperedVersionError: ``code.py`` is not what the gate accepted, or a file is damaged.
        """
        folder = self.folder / name
        if not version_number(name) or not folder.is_dir():
            known = ", ".join(self.names()) or "none"
            raise VersionNotFoundError(
                f"{self.qualname} has no version {name!r} (stored: {known})", where=str(self.folder)
            )
        hint = (
            f"restore it: git checkout -- {folder}; or make another: "
            f"poet generate {self.qualname} --force"
        )
        try:
            code = (folder / "code.py").read_bytes().decode()
            metadata = json.loads((folder / "metadata.json").read_bytes())
            record_text = (folder / "record.json").read_bytes().decode()
            record = json.loads(record_text)
            expected = record["code_sha256"]
            if not isinstance(metadata, dict):
                raise TypeError("metadata.json holds no object")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise TamperedVersionError(
                f"{self.qualname} {name} is damaged: {error}", where=str(folder), hint=hint
            ) from None
        if record.get("fingerprint", metadata.get("fingerprint")) != metadata.get("fingerprint"):
            raise TamperedVersionError(
                f"metadata.json of {self.qualname} {name} names another fingerprint than its record",
                where=str(folder / "metadata.json"),
                hint=hint,
            )
        if sha256(code) != expected:
            raise TamperedVersionError(
                f"code.py of {self.qualname} {name} was edited after it was verified",
                where=str(folder / "code.py"),
                hint=hint,
            )
        return Version(name, folder, code, metadata, record, record_text)

    def log(self) -> list[dict[str, Any]]:
        """Return the log's entries in order; a torn line of a killed writer is left out.

        Raises:
            StoreError: The file is there and cannot be read.
        """
        path = self.folder / "log.jsonl"
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                f"the log of {self.qualname} cannot be read: {error.strerror or error}",
                where=str(path),
                hint="restore the file from version control",
            ) from None
        entries = []
        for line in lines:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                entries.append(entry)
        return entries

    def is_logged(self, version: Version, *, for_trial: bool = False) -> bool:
        """Say whether the log holds a promotion bound to this code and this record.

        Args:
            version: As the store read it.
            for_trial: Take also that it was accepted, to be tried beside current.
        """
        actions = ("promote", "rollback", "accept") if for_trial else ("promote", "rollback")
        record_hash = sha256(version.record_text)
        return any(
            e.get("action") in actions
            and e.get("code_sha256") == version.record.get("code_sha256")
            and e.get("record_sha256") == record_hash
            for e in self.log()
        )

    # Writing is done under the function's lock.

    def add(
        self,
        code: str,
        *,
        params: str,
        state: str,
        metadata: Mapping[str, Any],
        record: Mapping[str, Any],
    ) -> str:
        """Store an accepted candidate as the next version and return its name.

        Raises:
            ReadOnlyStoreError: The folder cannot be written; nothing is left behind.
            StoreError: Another module's function has taken the folder since it was located.
        """
        with locked(self.folder, self.lock_timeout), writable(self.folder):
            owner = _module_of(self.folder)
            if owner not in (None, self.module):
                raise StoreError(
                    f"the folder belongs to {owner}.py, which has a function of the same name",
                    where=str(self.folder),
                    hint="run the command again, and another folder is taken",
                )
            self._prepare()
            used = [*self.names(), *(str(entry.get("to")) for entry in self.log())]
            name = f"v{max(map(version_number, used), default=0) + 1}"
            write_folder(
                self.folder / name,
                {
                    "code.py": code,
                    "params.json": params,
                    "state.json": state,
                    "metadata.json": dump_json({"version": name, **metadata}),
                    "record.json": dump_json(record),
                },
            )
        return name

    def promote(
        self, name: str, *, expected: str | None, reason: str, action: str = "promote"
    ) -> None:
        """Make ``name`` current if current is still ``expected``.

        Raises:
            VersionNotFoundError, TamperedVersionError: The version cannot be served.
            PromoteConflictError: Current is no longer ``expected``; nothing was changed.
        """
        with locked(self.folder, self.lock_timeout), writable(self.folder):
            version = self.read(name)
            found = self.current_or_none()
            if found != expected:
                raise PromoteConflictError(
                    f"current of {self.qualname} moved from {expected or 'none'} to "
                    f"{found or 'none'} while {name} was judged against {expected or 'none'}",
                    where=str(self.folder / "current"),
                    hint=f"look at it with: poet diff {self.qualname}; then: poet promote "
                    f"{self.qualname} {name}",
                )
            self.append_log(action, version, found, reason)
            write_text(self.folder / "current", name + "\n")
            with contextlib.suppress(OSError, StoreError):  # the next promotion tries again
                self._retain(name)

    def accept(self, name: str, reason: str) -> None:
        """Note in the log that a version was accepted, and may be tried beside current.

        Raises:
            VersionNotFoundError, TamperedVersionError: The version cannot be served.
        """
        with locked(self.folder, self.lock_timeout), writable(self.folder):
            self.append_log("accept", self.read(name), self.current_or_none(), reason)

    def decline(self, reason: str) -> None:
        """Note in the log why current stays although another version was wanted; nothing else moves.

        Raises:
            VersionNotFoundError, TamperedVersionError: There is no current version, or it is edited.
        """
        with locked(self.folder, self.lock_timeout), writable(self.folder):
            name = self.current_or_none() or "none"
            self.append_log("decline", self.read(name), name, reason)

    def current_or_none(self) -> str | None:
        """Return the current version's name, or None also where ``current`` is damaged."""
        try:
            return self.current()
        except StoreError:
            return None

    def rollback_target(self) -> str:
        """Return the version that was current before the present one.

        Raises:
            VersionNotFoundError: There is no earlier one.
        """
        current = self.current()
        names = set(self.names())
        came_from = [
            e.get("from")
            for e in self.log()
            if e.get("to") == current and e.get("action") == "promote"
        ]
        target = next((f for f in reversed(came_from) if f in names and f != current), None)
        if target is None:
            older = [n for n in self.names() if version_number(n) < version_number(current or "")]
            if not older:
                raise VersionNotFoundError(
                    f"{self.qualname} has no version before {current or 'none'}",
                    where=str(self.folder),
                    hint="POET_MODE=off runs the baseline",
                )
            target = older[-1]
        return target

    def _prepare(self) -> None:
        write_git_files(self.folder)

    def append_log(self, action: str, version: Version, before: str | None, reason: str) -> None:
        """Append an entry bound to the version's hashes; call it only under the lock."""
        try:
            who = getpass.getuser()
        except (OSError, KeyError):
            who = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "action": action,
            "from": before,
            "to": version.name,
            "who": who,
            "why": reason,
            "code_sha256": version.record["code_sha256"],
            "record_sha256": sha256(version.record_text),
        }
        append_line(self.folder / "log.jsonl", json.dumps(entry, ensure_ascii=False))

    def _retain(self, current: str) -> None:
        """Delete the oldest versions beyond the limits; never current, its parent or a fresh one."""
        import shutil

        parent = self.read(current).metadata.get("parent")
        names = self.names()
        sizes = {n: sum(f.stat().st_size for f in (self.folder / n).iterdir()) for n in names}
        now = time.time()
        for name in names:
            if len(sizes) <= KEEP_VERSIONS and sum(sizes.values()) <= KEEP_BYTES:
                return
            folder = self.folder / name
            if name in (current, parent) or now - folder.stat().st_mtime < KEEP_SECONDS:
                continue
            doomed = folder.rename(self.folder / f".tmp-retired-{name}")
            shutil.rmtree(doomed, ignore_errors=True)
            del sizes[name]


def diff_versions(store: FunctionStore, before: str | None = None, after: str | None = None) -> str:
    """Return the unified diff between two versions' code; by default from parent to current.

    Raises:
        VersionNotFoundError: A version is not stored, or there is no current one.
        TamperedVersionError: One was edited.
    """
    from difflib import unified_diff

    name = after or store.current()
    if name is None:
        raise VersionNotFoundError(
            f"{store.qualname} has no current version", where=str(store.folder)
        )
    new = store.read(name)
    parent = before or new.metadata.get("parent")
    old = store.read(parent).code if parent else ""
    names = (f"{store.qualname} {parent or 'nothing'}", f"{store.qualname} {name}")
    return "".join(
        unified_diff(old.splitlines(keepends=True), new.code.splitlines(keepends=True), *names)
    )
