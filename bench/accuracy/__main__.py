"""``python -m bench.accuracy``: which changes are called drift, by us and by our peers.

Counts decisions, so a busy machine does not change the results. What is measured already is kept in
``bench-accuracy.json`` (not committed) and not measured again unless asked for with ``--redo``; the
page goes to ``docs/monitoring-accuracy.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import install, machine
from bench.accuracy import page, streams
from bench.accuracy.plan import SECTIONS, Part, parts
from bench.measure import ROOT, Limits, compare

RESULTS = ROOT / "bench-accuracy.json"
PATIENCE = 3_000.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="these sections")
    parser.add_argument(
        "--redo", nargs="*", metavar="MODULE", help="measure again: all, or ours, …"
    )
    parser.add_argument("--peers", choices=("yes", "no", "only"), default="yes")
    parser.add_argument("--quick", action="store_true", help="few trials: does it all run?")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--report-only", action="store_true", help="make the page from the results")
    return parser.parse_args()


def _wanted(part: Part, given: argparse.Namespace, known: dict[str, Any]) -> bool:
    """Return whether a part is to be measured in this run."""
    if given.only and part.section not in given.only:
        return False
    if given.peers == ("no" if part.contestant.peer else "only"):
        return False
    kept = known.get(part.section, {}).get(part.key)
    if kept is None or kept["status"] != "ok" or kept["params"] != part.contestant.params:
        return True
    name = part.contestant.module.rpartition(".")[2]
    return given.redo is not None and (not given.redo or name in given.redo)


def _measure(part: Part, folder: Path) -> dict[str, Any]:
    """Have one part done by a process of its own."""
    python = Path(sys.executable)
    if part.contestant.peer:
        python, failed = install.environment(part.contestant.peer)
        if failed:
            return {"status": "not installed", "reason": failed}
    one = [(part.contestant, python)]
    found = compare(one, folder, {}, Limits(0, 1.0, PATIENCE))[part.contestant.label]
    return {key: found[key] for key in ("status", "reason", "answer", "versions")}


def main() -> None:
    """Measure what is missing, keep the results, write the page."""
    given = _arguments()
    results: dict[str, Any] = {"parts": {}}
    if given.results.exists():
        results = json.loads(given.results.read_text(encoding="utf-8"))
    work = [
        part
        for part in parts(given.quick)
        if not given.report_only and _wanted(part, given, results["parts"])
    ]
    if work:
        results["machine"] = machine.facts()
        with tempfile.TemporaryDirectory(prefix="poet-accuracy-") as folder:
            streams.write(Path(folder))
            for part in work:
                print(f"{part.section}: {part.key} ", end="", file=sys.stderr, flush=True)
                start = time.perf_counter()
                found = _measure(part, Path(folder)) | {"params": part.contestant.params}
                said = found["reason"][:200] if found["status"] != "ok" else ""
                seconds = time.perf_counter() - start
                print(f" {found['status']} {said} {seconds:.0f} s", file=sys.stderr)
                results["parts"].setdefault(part.section, {})[part.key] = found
                results["streams"] = [vars_of(stream) for stream in streams.load(Path(folder))[0]]
                given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if not results["parts"]:
        sys.exit("no results to report: run `python -m bench.accuracy`")
    page.write(results, ROOT / "docs")


def vars_of(stream: streams.Stream) -> dict[str, Any]:
    """Return what is known of a stream as plain data."""
    return {name: getattr(stream, name) for name in ("name", "group", "kind", "change", "at")}


if __name__ == "__main__":
    main()
