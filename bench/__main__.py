"""``python -m bench``: every number we claim, beside its peers, in one run.

Results go to ``bench-results.json`` (not committed), the page to ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import call, gate, generate, install, machine, report
from bench.measure import ROOT, Contestant, Limits, Outcome, compare
from bench.rows import ROWS, Case, Row

RESULTS = ROOT / "bench-results.json"


def _arguments() -> argparse.Namespace:
    keys = [row.key for row in ROWS] + ["call", "gate", "generate"]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=keys, help=", ".join(keys))
    parser.add_argument(
        "--peers",
        default="yes",
        help="yes, no (only what the project's environment has) or names, comma-separated",
    )
    parser.add_argument("--quick", action="store_true", help="small and rough: does it all run?")
    parser.add_argument("--rounds", type=int, help="samples of each contestant")
    parser.add_argument("--results", type=Path, default=RESULTS, help="another file of results")
    parser.add_argument("--report-only", action="store_true", help="make the page from the results")
    return parser.parse_args()


def wanted(peers: str) -> list[str]:
    """Return the names of the peers that may be used."""
    if peers in ("yes", "no"):
        return install.NAMES if peers == "yes" else []
    names = peers.split(",")
    unknown = sorted(set(names) - set(install.NAMES))
    if unknown:
        sys.exit(f"no peer {unknown[0]}; there are {', '.join(install.NAMES)}")
    return names


def _interpreters(names: list[str]) -> dict[str, tuple[Path, str]]:
    """Return interpreter and reason of failure of each peer, installing what is missing."""
    return {name: install.environment(name) for name in names}


def quick(case: Case) -> Case:
    """Return the case with less to do."""
    params = dict(case.params)
    if params.get("features", 0) > 100:
        params["features"] = 20
    return dataclasses.replace(case, params=params)


def measure(
    row: Row, case: Case, pythons: dict[str, tuple[Path, str]], folder: Path, limits: Limits
) -> dict[str, Any]:
    """Measure one case; contestants whose environment is missing get that as their outcome."""
    ready: list[tuple[Contestant, Path]] = []
    found: dict[str, dict[str, Any]] = {c.label: {} for c in case.contestants}
    for contestant in case.contestants:
        if contestant.peer is None:
            ready.append((contestant, Path(sys.executable)))
            continue
        if contestant.peer not in pythons:
            found.pop(contestant.label)
            continue
        python, failed = pythons[contestant.peer]
        if failed:
            missing = Outcome(status="not installed", reason=failed)
            found[contestant.label] = dataclasses.asdict(missing)
        else:
            ready.append((contestant, python))
    print(f"{row.key}: {case.name} ", end="", file=sys.stderr, flush=True)
    start = time.perf_counter()
    if not row.timed:
        limits = dataclasses.replace(limits, rounds=0)
    found |= compare(ready, folder, case.params, limits)
    print(f" {time.perf_counter() - start:.0f} s", file=sys.stderr)
    for label, outcome in found.items():
        print(f"    {report.line(label, outcome, row.unit)}", file=sys.stderr)
    return found


def main() -> None:
    """Measure what was asked for, keep the results, write the page."""
    given = _arguments()
    results: dict[str, Any] = {"rows": {}}
    if given.results.exists():
        results = json.loads(given.results.read_text(encoding="utf-8"))
    if not given.report_only:
        limits = Limits(3, 3.0, 300.0) if given.quick else Limits()
        if given.rounds:
            limits = dataclasses.replace(limits, rounds=given.rounds)
        pythons = _interpreters(wanted(given.peers))
        results["machine"] = machine.facts()
        with tempfile.TemporaryDirectory(prefix="poet-bench-") as folder:
            for row in ROWS:
                if given.only and row.key not in given.only:
                    continue
                measured = results["rows"].setdefault(row.key, {})
                for case in row.cases:
                    if given.quick and case.heavy:
                        continue
                    used = quick(case) if given.quick else case
                    found = measure(row, used, pythons, Path(folder), limits)
                    measured[case.name] = {"quick": given.quick, "contestants": found}
                    given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
        if not given.only or "gate" in given.only:
            results["gate"] = gate.measure(given.quick)
            given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
        if not given.only or "generate" in given.only:
            results["generate"] = generate.measure(given.quick)
            given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
        if not given.only or "call" in given.only:
            results["call"] = call.measure()
            given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if not results["rows"]:
        sys.exit("no results to report: run `make bench`")
    report.write(results, ROOT / "docs")


if __name__ == "__main__":
    main()
