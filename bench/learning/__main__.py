"""``python -m bench.learning``: what learning is worth, on streams with known truth.

``--seeds A,B --json`` prints the figures of the made-up plant; ``--stream cities`` those of the recorded
temperatures; ``--page`` runs both and writes docs/learning-results.md with its plot.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.learning.loop import run_loop
from bench.learning.plots import draw
from bench.learning.report import as_json, page, table, write_page
from bench.learning.streams import STREAMS, Plan

DOCS = Path(__file__).parents[2] / "docs"
HELD_BACK_SEEDS = "101,102,103,104,105"


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    plan = Plan()
    parser.add_argument("--seeds", default=HELD_BACK_SEEDS, help="A,B,…: one run of each")
    parser.add_argument("--stream", choices=[*STREAMS, "both"], default="plant")
    parser.add_argument("--windows", type=int, default=0, help="of a round; 0: the stream's own")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="of learning")
    parser.add_argument("--held-back", type=int, default=plan.held_back, help="windows judged on")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--out", type=Path, help="folder for learning.svg, .png and results.json")
    parser.add_argument("--page", action="store_true", help="both streams; write the page in docs")
    parser.add_argument("--work", type=Path, help="folder where projects and queues are kept")
    return parser.parse_args(given)


def _teller() -> Callable[[str], None]:
    """Return what shows progress: a spinner on a terminal, else nothing."""
    if not sys.stderr.isatty():
        return lambda _: None
    from rich.console import Console

    status = Console(stderr=True).status("")
    status.start()
    return status.update


def measure(stream: str, seeds: list[int], plan: Plan, work: Path | None) -> dict[str, Any]:
    """Run one stream for each seed and return the figures.

    Args:
        stream: Its name.
        seeds: One run of each.
        plan: How much of it.
        work: Where projects and queues are kept; None for nowhere.
    """
    plan, tell, runs = plan.of(stream), _teller(), []
    for seed in seeds:
        folder = Path(tempfile.mkdtemp(prefix="poet-learning-", dir=work))
        try:
            runs.append(run_loop(folder, stream, seed, plan, tell))
        finally:
            if work is None:
                shutil.rmtree(folder, ignore_errors=True)
    return as_json(runs, plan)


def main(given: list[str] | None = None) -> None:
    """Run what the arguments ask for."""
    asked = _arguments(given)
    seeds = [int(s) for s in asked.seeds.split(",") if s.strip()]
    if not seeds:
        raise SystemExit("--seeds names none: pass whole numbers, such as 101,102")
    plan = Plan(asked.windows, asked.rounds, asked.held_back)
    if asked.work is not None:
        asked.work.mkdir(parents=True, exist_ok=True)
    streams = list(STREAMS) if asked.page or asked.stream == "both" else [asked.stream]
    found = [measure(stream, seeds, plan, asked.work) for stream in streams]
    if asked.out is not None:
        draw(found, asked.out)
        (asked.out / "results.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    if asked.page:
        pictures = draw(found, DOCS / "figures")
        write_page(DOCS / "learning-results.md", page(found, pictures))
    if asked.json:
        print(json.dumps(found[0] if len(found) == 1 else {**found[0], "second": found[1:]}))
        return
    for one in found:
        print(f"{STREAMS[one['stream']].title}, seeds {asked.seeds}")
        print("\n".join(table(one)))


if __name__ == "__main__":
    main()
