"""A stored record as text for a reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["explain_record"]

KINDS = ("audit", "contract", "domain", "case", "input", "constraint", "test")
TITLES = {
    "audit": "audit", "contract": "contract", "domain": "domain's checks", "case": "cases",
    "input": "compared with the function", "constraint": "constraints", "test": "user's tests",
}  # fmt: skip
MARKS = {"passed": "✓", "failed": "✗", "lost": "✗", "not evidence": "·"}
COLOURS = {"passed": "green", "failed": "red", "lost": "red", "not evidence": "yellow"}
WIDTH = 100

Style = Callable[..., str]


def explain_record(record: Mapping[str, Any], style: Style | None = None) -> list[str]:
    """Return a record as lines: verdict, evidence, differences, layers, and what was no evidence.

    Args:
        record: As stored.
        style: Colours a text, called as ``style(text, fg=..., bold=..., dim=...)``; as
            ``click.style`` does.
    """
    paint = style or (lambda text, **_: text)
    return [line.rstrip() for part in _parts(record, paint) for line in part]


def _parts(record: Mapping[str, Any], paint: Style) -> Iterator[Iterator[str]]:
    yield _head(record, paint)
    yield _checks(record, paint)
    yield _inputs(record, paint)
    yield _differences(record, paint)
    yield _constraints(record, paint)
    yield _layers(record, paint)
    yield _no_evidence(record, paint)
    yield _where(record, paint)


def _head(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    good = record["verdict"] == "accepted"
    verdict = paint(record["verdict"], fg="green" if good else "red", bold=True)
    yield f"verdict     {verdict} in mode {record['mode']}, {record['seconds']:.1f} s"
    yield f"generator   {record['generator']}"
    yield f"code        {record['code_sha256'][:16]}…  for fingerprint {record['fingerprint'][:16]}…"
    if record.get("tolerance"):
        given = ", ".join(f"{k} {v:g}" for k, v in record["tolerance"].items())
        yield f"tolerance   {given}: floats were not compared exactly"
    if record.get("requirements"):
        yield f"needs       {', '.join(record['requirements'])}"


def _title(text: str, paint: Style) -> list[str]:
    return ["", paint(text, bold=True)]


def _checks(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    yield from _title("Checks", paint)
    checks = record["checks"]
    for kind in KINDS:
        own = [c for c in checks if c["kind"] == kind]
        if not own:
            continue
        count = Counter(c["outcome"] for c in own)
        parts = [paint(f"{count[o]} {o}", fg=COLOURS[o]) for o in MARKS if count[o]]
        compared = sum(c["compared"] for c in own)
        hidden = sum(c["hidden"] for c in own)
        parts += [f"{compared} compared a value"] if compared else []
        parts += [f"{hidden} hidden from the generator"] if hidden else []
        yield f"  {TITLES[kind]:26} {', '.join(parts)}"
    yield ""
    for c in checks:
        if c["outcome"] != "not evidence":
            yield _line(c, paint)


def _line(c: Mapping[str, Any], paint: Style) -> str:
    mark = paint(MARKS[c["outcome"]], fg=COLOURS[c["outcome"]])
    flags = "".join([" hidden" * c["hidden"], " shared" * c["shared"]])
    detail = f"  {_short(c['detail'])}" if c["detail"] else ""
    return f"  {mark} {c['kind']:10} {c['name']}{paint(flags, dim=True)}{paint(detail, dim=True)}"


def _inputs(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    found = record["inputs"]
    if not found:
        return
    yield from _title("Inputs", paint)
    parts = [f"{n} {origin}" for origin, n in found["counts"].items()] or ["none"]
    yield f"  {', '.join(parts)}; {found['compared']} compared, {len(found['hidden'])} hidden"
    if record["seeds"].get("inputs"):
        yield f"  seed {record['seeds']['inputs'][:16]}…, hash seeds 0 and 1"
    if found["problem"]:
        yield f"  {paint('!', fg='yellow')} {found['problem']}"


def _differences(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    yield from _title("Differences from the function", paint)
    if not record["differences"]:
        yield "  none on these inputs"
    shown = record["inputs"].get("shown", {})
    for d in record["differences"]:
        hidden = paint(" hidden", dim=True) if d["hidden"] else ""
        yield f"  {paint('≠', fg='yellow')} differs on {d['input']}{hidden}"
        given = d["arguments"] or shown.get(d["input"], "")
        if given:
            yield f"      given  {_short(given)}"
        yield f"      found  {_short(d['text'])}"


def _constraints(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    if not record["constraints"]:
        return
    yield from _title("Constraints", paint)
    for m in record["constraints"]:
        if m["value"] is None:
            yield f"  {paint('·', fg='yellow')} {m['name']:14} not measured: {m['why']}"
        else:
            mark = paint("✓", fg="green") if m["outcome"] == "held" else paint("✗", fg="red")
            figure = f"{m['value']:.3g} of at most {m['limit']:g}"
            yield f"  {mark} {m['name']:14} {figure}, noise {m['noise']:.2g}, n = {m['n']}"


def _layers(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    yield from _title("Layers of confinement", paint)
    for name, state in record["layers"].items():
        shown = "✓" if state == "in force" else "✗" if state.startswith("missing") else "·"
        mark = paint(shown, fg={"✓": "green", "✗": "red"}.get(shown, "yellow"))
        yield f"  {mark} {name:20} {state}"


def _no_evidence(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    left_out = record["inputs"].get("left_out", {})
    rows = [c for c in record["checks"] if c["outcome"] == "not evidence"]
    if not rows and not left_out:
        return
    yield from _title("Not evidence, and why", paint)
    for c in rows:
        yield _line(c, paint)
    for reason, count in Counter(left_out.values()).most_common():
        names = [n for n, r in left_out.items() if r == reason]
        what = names[0] if count == 1 else f"{count} inputs ({names[0]}, …)"
        yield f"  {paint('·', fg='yellow')} {what}: {_short(reason)}"


def _where(record: Mapping[str, Any], paint: Style) -> Iterator[str]:
    yield from _title("Ran in", paint)
    yield "  " + ", ".join(f"{k} {v}" for k, v in record["environment"].items())
    if record["shared_tests"]:
        yield f"  {len(record['shared_tests'])} tests shared an interpreter with the candidate"


def _short(text: str) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
