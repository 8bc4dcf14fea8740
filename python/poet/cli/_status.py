"""What ``poet status`` shows, read from source text and stored files alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from poet.cli._made import made_by
from poet.errors import ConfigError, PoetError
from poet.isolation import decide, made_by_recipe
from poet.plugins import loaded
from poet.registry import Found, found_in
from poet.serving import check_version
from poet.settings import load_settings
from poet.spec import Options
from poet.store import FunctionStore, duplicates

__all__ = ["Row", "rows"]

_STATES = {"worker": "worker", "waiting": "unapproved"}


class Row(NamedTuple):
    """One function's state.

    Attributes:
        function: Its qualified name.
        where: File and line.
        domain: The domain its decorator names, ``?`` where that is not a literal.
        current: The current version, None if there is none.
        stored: How many versions are stored.
        state: ``fresh``, ``outdated``, ``missing``, ``stale``, ``damaged``, ``duplicate``,
            ``twice``, ``unchecked`` or ``unused``; of a version that no recipe made ``approved``,
            ``worker`` (served by one until it is approved) or ``unapproved`` (it waits for that).
        reason: Why, for every state but ``fresh``.
        next: The command that mends it.
        made_by: What wrote the current version: ``recipe``, ``file``, or the provider and its
            model; empty where that is not known.
    """

    function: str
    where: str
    domain: str
    current: str | None
    stored: int
    state: str
    reason: str
    next: str
    made_by: str = ""


def rows(folder: Path) -> tuple[list[Row], list[str]]:
    """Return one row per function below ``folder``, and the files that could not be read."""
    found: list[Row] = []
    problems: list[str] = []
    used: set[Path] = set()
    seen: set[tuple[Path, str]] = set()
    for item in found_in(folder):
        if isinstance(item, PoetError):
            problems.append(str(item))
            continue
        used.add(item.store.folder)
        if (item.path, item.qualname) not in seen:
            found.append(_row(item, folder))
        seen.add((item.path, item.qualname))
    found += _unused(folder, used)
    return found, problems


def _row(item: Found, folder: Path) -> Row:
    store = item.store
    shown = item.path.relative_to(folder) if item.path.is_relative_to(folder) else item.path
    domain = "?" if item.options is None else str(item.options.get("domain", "base"))
    name = item.qualname
    row = Row(name, f"{shown}:{item.line}", domain, None, len(store.names()), "fresh", "", "")
    regenerate = f"pytest --poet-regenerate --poet-select={name}"
    try:
        current = store.current()
        row = row._replace(current=current)
        twice = duplicates(store)
        if twice:
            names = ", ".join(d.name for d in twice)
            return row._replace(
                state="duplicate", reason=f"two branches made {names}", next=f"poet renumber {name}"
            )
        if current is None:
            return row._replace(state="missing", reason="no version is stored", next=regenerate)
        version = store.read(current)
        row = row._replace(made_by=made_by(version))
        if item.options is None:
            return row._replace(
                state="unchecked", reason="its options are not literals", next="pytest"
            )
        options = Options.parse(item.options, row.where)
        checked, reason = check_version(item.path, name, options, version)
        state: str = checked
        made_with = str(version.metadata.get("domain", {}).get("version"))
        present = loaded().domains.get(options.domain)
        if state == "fresh" and present is not None and present.version != made_with:
            state = "outdated"
            reason = f"made with {options.domain} {made_with}, installed is {present.version}"
        following = "" if state == "fresh" else regenerate
        if state in ("fresh", "outdated") and not made_by_recipe(version):
            settings = load_settings(item.path.parent)
            decided = decide(item.path, name, options, store, version, settings)
            state = _STATES.get(decided.where, "approved")
            reason = decided.reason
            following = "" if decided.approved else f"poet approve {name}"
        return row._replace(state=state, reason=reason, next=following)
    except ConfigError as error:
        return row._replace(state="damaged", reason=error.what, next=error.hint)
    except PoetError as error:
        return row._replace(state="damaged", reason=error.what, next=error.hint or regenerate)


def _unused(folder: Path, used: set[Path]) -> list[Row]:
    """Return a row for each stored function whose source is gone."""
    found = []
    for base in sorted(folder.glob("**/.poet")):
        if "site-packages" in base.parts:
            continue
        for path in sorted(base.iterdir()):
            if path.is_dir() and path not in used and (path / "current").is_file():
                store = FunctionStore(path, "", path.name)
                found.append(
                    Row(
                        function=path.name,
                        where=str(path.relative_to(folder)),
                        domain="-",
                        current=store.current_or_none(),
                        stored=len(store.names()),
                        state="unused",
                        reason="its function is gone",
                        next=f"git rm -r {path}",
                    )
                )
    return found
