"""Proposing, accepting and retiring cases; each is a line in the function's log: who, when and why."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from poet.cases._case import Case, Origin, Status
from poet.cases._expect import check_expect, clash
from poet.cases.files import read_case, read_cases, write_case
from poet.cases.recording import Recorded
from poet.codec import encode
from poet.errors import CaseError, nearest
from poet.store.atomic import append_line, locked, writable

__all__ = ["accept", "contradictions", "gating", "propose", "reopen", "retire"]


def propose(
    store_folder: Path,
    recorded: Recorded,
    expect: Mapping[str, Any],
    *,
    why: str,
    origin: Origin,
    sources: Sequence[str] = (),
    now: float | None = None,
) -> Case:
    """Make a case of a recorded execution and what must hold of it, and return it.

    Saying the same of the same execution again adds who says it, and changes nothing else: an active
    case stays active, a retired one retired.

    Args:
        store_folder: The function's folder of versions.
        recorded: The execution, with its inputs.
        expect: What must hold.
        why: One line for a person.
        origin: Where it comes from.
        sources: Who says so.
        now: Seconds since 1970 (UTC); the clock's if None.

    Raises:
        CaseError: Its inputs are not whole, or ``expect`` cannot be judged; nothing was written.
        StoreError: It cannot be written.
    """
    if recorded.missing:
        raise CaseError(
            f"execution {recorded.execution_id} was not recorded whole: {recorded.missing:.200}",
            hint="what is not data cannot be kept: write a case by hand",
        )
    expect = check_expect(expect, f"execution {recorded.execution_id}")
    folder = store_folder / "cases"
    mark = _mark(recorded, expect)
    moment = _moment(now)
    with locked(store_folder):
        known = next(iter(folder.glob(f"*-{mark}.json")), None)
        if known is not None:
            case = read_case(known)
            everyone = tuple(dict.fromkeys((*case.sources, *sources)))
            if everyone != case.sources:
                case = case._replace(sources=everyone)
                write_case(folder, case)
            if not _logged(store_folder, case.name):  # killed between the file and its line
                _log(store_folder, "propose", case, case.why, ", ".join(case.sources), moment)
            return case
        case = Case(
            f"{_slug(why or origin)}-{mark}",
            "proposed",
            tuple(recorded.args),
            dict(recorded.kwargs),
            expect,
            " ".join(why.split()),
            origin,
            tuple(dict.fromkeys(sources)),
            recorded.execution_id,
            moment,
            names=dict(recorded.names),
        )
        write_case(folder, case)
        _log(store_folder, "propose", case, case.why, ", ".join(case.sources), moment)
    return case


def accept(
    store_folder: Path, name: str, *, by: str = "", why: str = "", now: float | None = None
) -> Case:
    """Make a case active: from now on it gates. Return it.

    Args:
        store_folder: The function's folder of versions.
        name: Of the case.
        by: Who accepts it: a person's name, ``two sources`` or ``reproduced``; the login name if empty.
        why: One line.
        now: Seconds since 1970 (UTC).

    Raises:
        CaseError: There is none of that name, or an active one says the opposite.
    """
    with locked(store_folder):
        case = _one(store_folder, name)
        against = [
            c.name
            for c in read_cases(store_folder / "cases")
            if c.status == "active" and c.name != name and _contradict(c, case)
        ]
        if against and case.status != "active":
            raise CaseError(
                f"case {name} contradicts the active case {against[0]}: both cannot hold",
                where=str(store_folder / "cases"),
                hint=f"retire one of them, such as: poet cases retire {store_folder.name} {against[0]}",
            )
        return _move(store_folder, case, "active", by or _user(), why, now)


def retire(
    store_folder: Path, name: str, reason: str, *, by: str = "", now: float | None = None
) -> Case:
    """Let a case gate no more, for a reason that is kept in the log. Return it.

    Raises:
        CaseError: There is none of that name, or no reason was given.
    """
    return _down(store_folder, name, "retired", reason, by, now)


def reopen(
    store_folder: Path, name: str, reason: str, *, by: str = "", now: float | None = None
) -> Case:
    """Hand an active case back to people: it is proposed again, and does not gate. Return it.

    Raises:
        CaseError: There is none of that name, or no reason was given.
    """
    return _down(store_folder, name, "proposed", reason, by, now)


def _down(
    store_folder: Path, name: str, status: Status, reason: str, by: str, now: float | None
) -> Case:
    if not reason.strip():
        raise CaseError(f"case {name} goes without a reason", hint="say why, in one line")
    with locked(store_folder):
        return _move(store_folder, _one(store_folder, name), status, by or _user(), reason, now)


def gating(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that gate: active ones that no other active one contradicts."""
    active = [case for case in cases if case.status == "active"]
    against = {case.name for group in contradictions(active) for case in group}
    return [case for case in active if case.name not in against]


def contradictions(cases: Iterable[Case]) -> list[tuple[Case, ...]]:
    """Return the groups of cases that cannot all hold, retired ones left out; each group has one input."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        if case.status != "retired":
            groups.setdefault(_inputs(case), []).append(case)
    found = []
    for group in groups.values():
        bad = [c for c in group if any(clash(c.expect, d.expect) for d in group if d is not c)]
        if bad:
            found.append(tuple(bad))
    return found


def _contradict(left: Case, right: Case) -> bool:
    return _inputs(left) == _inputs(right) and clash(left.expect, right.expect)


def _inputs(case: Case) -> str:
    given = [list(case.args), dict(case.kwargs), sorted(case.outside.items())]
    return _digest([*given, dict(case.names)] if case.names else given)


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(encode(value)).encode("utf-8", "surrogatepass")).hexdigest()


def _mark(recorded: Recorded, expect: Mapping[str, Any]) -> str:
    """Return what tells one execution with one expectation from others."""
    about = recorded.execution_id or [list(recorded.args), dict(recorded.kwargs)]
    return _digest([about, sorted(expect.items())])[:8]


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower())
    slug = ""
    for word in words:
        if len(slug) + len(word) > 40:
            break
        slug += f"-{word}" if slug else word
    return slug or "case"


def _one(store_folder: Path, name: str) -> Case:
    folder = store_folder / "cases"
    if not (folder / f"{name}.json").is_file():
        names = sorted(p.stem for p in folder.glob("*.json"))
        raise CaseError(
            f"{store_folder.name} has no case {name!r}{nearest(name, names)}",
            where=str(folder),
            hint=f"look at them with: poet cases list {store_folder.name}",
        )
    return read_case(folder / f"{name}.json")


def _move(
    store_folder: Path, case: Case, status: Status, by: str, why: str, now: float | None
) -> Case:
    if case.status == status:
        return case
    action = {"active": "accept", "retired": "retire", "proposed": "reopen"}[status]
    moved = case._replace(status=status, accepted_by=by if status == "active" else "")
    _log(store_folder, action, moved, " ".join(why.split()), by, _moment(now))
    _set(store_folder / "cases" / f"{case.name}.json", moved)
    return moved


def _set(path: Path, case: Case) -> None:
    """Change what a file says of a case's state, and nothing else of it."""
    from poet.store.atomic import write_text

    row = json.loads(path.read_bytes())
    row["status"] = case.status
    row.pop("accepted_by", None)
    if case.accepted_by:
        row["accepted_by"] = case.accepted_by
    with writable(path.parent):
        write_text(path, json.dumps(row, indent=2, ensure_ascii=False) + "\n")


def _log(store_folder: Path, action: str, case: Case, why: str, who: str, moment: str) -> None:
    entry = {
        "time": moment,
        "action": f"case-{action}",
        "case": case.name,
        "who": who or _user(),
        "why": why,
    }
    with writable(store_folder):
        append_line(store_folder / "log.jsonl", json.dumps(entry, ensure_ascii=False))


def _logged(store_folder: Path, name: str) -> bool:
    try:
        return (
            f'"case": {json.dumps(name, ensure_ascii=False)}'
            in (store_folder / "log.jsonl").read_text()
        )
    except (OSError, ValueError):
        return False


def _moment(now: float | None) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
