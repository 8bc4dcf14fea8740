"""What a generator is told of a candidate that was not accepted: enough to mend it, and no more.

The lines are those of the code as the generator wrote it, without the header that is put above it.
Nothing in it depends on the machine, and of what is hidden it says the kind.
"""

from __future__ import annotations

import re
import site
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from poet.gate.verdict import NOT_REACHED, Check, Verdict

__all__ = ["report_for"]

LIMIT = 4000
ONE = 900  # characters of one failure
SHOWN = 4  # differing inputs of a group
_HEADER = re.compile(r"(?:# [^\n]*\n){3}# fingerprint: [^\n]*\n")
_FINDING = re.compile(r"line (\d+), column (\d+): (.*) \[([^\]]*)\]", re.DOTALL)
_PLACE = re.compile(r"\bat the candidate's (line \d+, in .+)$", re.DOTALL)
_LINE = re.compile(r"\bline (\d+)\b")
_RUN_FOLDER = re.compile(r"\S*?/pytest-of-[^/\s]+/pytest-\d+/")


def report_for(verdict: Verdict, code: str = "") -> str:
    """Return what a generator may know of a verdict, in at most some four kilobytes.

    Args:
        verdict: The gate's; what is hidden in it stays hidden.
        code: The text that was judged, for the lines that are named.
    """
    header = _HEADER.match(code)
    lines = code[header.end() if header else 0 :].split("\n") if code else []
    offset = 4 if header else 0
    kept: list[str] = [_first(verdict)]
    left = 0
    quoted: set[int] = set()
    for item in _items(verdict):
        text = _portable(_shown(item, lines, offset, quoted))
        if sum(len(k.encode()) + 1 for k in kept) + len(text.encode()) > LIMIT:
            left += 1
        else:
            kept.append(text)
    if left:
        kept.append(f"- and {left} more")
    if verdict.unreached:
        kept.append(f"{verdict.unreached} checks were not reached after that.")
    if verdict.message:
        kept.append(_portable(verdict.message[:ONE]))
    return "\n".join(kept)


def _first(verdict: Verdict) -> str:
    if verdict.name == "refused by audit":
        return "Refused by the audit; no line of it was run:"
    passed = sum(c.outcome == "passed" for c in verdict.checks)
    total = sum(c.outcome != "not evidence" for c in verdict.checks)
    return f"{verdict.name.capitalize()}: {passed} of {total} checks passed."


def _items(verdict: Verdict) -> Iterator[str]:
    """Yield one text for each thing to mend, those that say most first."""
    failures = verdict.failures()
    visible = [c for c in failures if not c.hidden]
    groups = [c for c in visible if c.kind == "input" and c.name in ("recorded", "generated")]
    for check in visible:
        if check not in groups:
            yield _check(check)
    for check in groups:
        fatal = [
            d for d in verdict.behaviour if not d.hidden and d.input.startswith(_inputs(check))
        ]
        if fatal:
            for difference in fatal[:SHOWN]:
                yield f"called with {difference.arguments}: {difference.text}"
            if len(fatal) > SHOWN:
                yield f"{len(fatal) - SHOWN} more inputs of the same group differ"
        else:
            yield _check(check)
    hidden = Counter((c.kind, c.outcome) for c in failures if c.hidden)
    for (kind, outcome), count in sorted(hidden.items()):
        checks = "a hidden check" if count == 1 else f"{count} hidden checks"
        yield f"{checks} of kind {kind} {outcome}"


def _inputs(check: Check) -> tuple[str, ...]:
    return ("generated", "perturbed") if check.name == "generated" else ("recorded", "case:")


def _check(check: Check) -> str:
    if check.kind == "audit":
        return check.detail
    detail = check.detail if check.detail != NOT_REACHED else "did not report"
    return f"{check.kind} `{check.name}` {check.outcome}: {detail}"


def _shown(text: str, lines: list[str], offset: int, quoted: set[int]) -> str:
    """Return one failure as an item of a list, with the lines of code that it names, once each."""
    found = _FINDING.fullmatch(text)
    if found:
        number = max(int(found[1]) - offset, 1)  # what is missing is said of the first line
        text = f"line {number}, column {found[2]}: {found[3]} [{found[4]}]"
        return f"- {_cut(text)}{_quoted(lines, [number], quoted)}"
    place = _PLACE.search(text)
    if not place:
        return f"- {_cut(text)}"
    numbers = [int(n) - offset for n in _LINE.findall(place[1])]
    moved = _LINE.sub(lambda m: f"line {int(m[1]) - offset}", place[1])
    text = f"{_cut(text[: place.start()])}at {moved}"
    return f"- {text}{_quoted(lines, numbers, quoted)}"


def _quoted(lines: list[str], numbers: list[int], quoted: set[int]) -> str:
    new = [n for n in numbers if 0 < n <= len(lines) and n not in quoted]
    quoted.update(new)
    return "".join(f"\n    {n} | {lines[n - 1].rstrip()[:200]}" for n in new)


def _cut(text: str) -> str:
    return text if len(text) <= ONE else f"{text[: ONE - 1]}…"


def _portable(text: str) -> str:
    """Return a text without the folders of this machine and of this run."""
    text = _RUN_FOLDER.sub("", text)
    for folder in _folders():
        text = re.sub(rf"(?<![\w.]){re.escape(folder)}(?:/|(?!\w))", "", text)
    return text


def _folders() -> list[str]:
    """Return the folders of this machine that a text may name, the deepest first."""
    found = {sys.prefix, sys.base_prefix, *site.getsitepackages(), *sysconfig.get_paths().values()}
    # A short one, such as /usr, may as well begin a value of the user's.
    found = {f for f in (*found, str(Path.cwd())) if len(Path(f).parts) > 2}
    found |= {str(Path.home()), tempfile.gettempdir()} - {"/"}
    return sorted(found, key=len, reverse=True)
