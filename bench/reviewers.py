"""Simulated reviewers: how often learning acts wrongly, how soon it acts rightly, what it promotes.

python -m bench.reviewers [--repeats 1000] [--processes 2] [--json PATH] [--docs docs/learning.md]

Every repeat has a seed of its own. What runs is the real thing from correlation to decision: votes of
sources become labels, labels patterns, patterns a decision, after every single label.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from bench.reviewers_promotion import CANDIDATES, Candidate, promoted

__all__ = ["WORLDS", "World", "acted", "main", "run"]

LIMIT = 0.3
MOST = 150  # labels a function gets


class World(NamedTuple):
    """One function and the people who review its alarms.

    Attributes:
        name: For the table.
        rate: Share of its alarms that are false.
        sources: How many people review.
        overlap: Share of alarms that a second one reviews too.
        wrong: Share of wrong answers of each.
        hostile: What one of them always says instead: ``false`` or ``real``; empty for nobody.
        wrongful: Whether acting is wrong there.
    """

    name: str
    rate: float
    sources: int = 3
    overlap: float = 0.25
    wrong: float = 0.0
    hostile: str = ""
    wrongful: bool = False


WORLDS = (
    World("healthy, 0.25 false", 0.25, wrongful=True),
    World("healthy, two sources", 0.25, sources=2, wrongful=True),
    World("healthy, 5 % wrong answers", 0.25, wrong=0.05, wrongful=True),
    World("healthy, 20 % wrong answers", 0.25, wrong=0.2, overlap=0.5, wrongful=True),
    World("healthy, one of three always says false", 0.25, hostile="false", wrongful=True),
    World("healthy, one of three says false, all overlap", 0.25, overlap=1.0, hostile="false", wrongful=True),
    World("a real problem, 0.5 false", 0.5),
    World("a real problem, two sources", 0.5, sources=2),
    World("a real problem, 5 % wrong answers", 0.5, wrong=0.05),
    World("a real problem, 20 % wrong answers", 0.5, wrong=0.2, overlap=0.5),
    World("a real problem, one of three always says real", 0.5, hostile="real"),
    World("a real problem, one of three says real, all overlap", 0.5, overlap=1.0, hostile="real"),
    World("a bad problem, 0.7 false", 0.7),
)  # fmt: skip


def _votes(world: World, draw: random.Random) -> Iterator[tuple[bool, dict[str, bool]]]:
    """Yield for each reviewed alarm the truth, and what each source says."""
    while True:
        real = draw.random() >= world.rate
        count = min(1 + (draw.random() < world.overlap), world.sources)
        said = {}
        for i in draw.sample(range(world.sources), count):
            says = real ^ (draw.random() < world.wrong)
            if i == 0 and world.hostile:
                says = world.hostile == "real"
            said[f"source {i}"] = says
        yield real, said


def acted(world: World, seed: int, *, most: int = MOST) -> tuple[int | None, int | None]:
    """Return after how many labels learning acts, and after how many a raw rate would; None for never."""
    from poet.learn import Execution, FunctionKey, State, decide, patterns
    from poet.learn._correlate import Said, correlate
    from poet.learn._rows import EventRow

    draw = random.Random(seed)
    key = FunctionKey("app.py", "detect_drift")
    executions: dict[str, Execution] = {}
    rows: list[EventRow] = []
    test, false, raw = _Test(), 0, None
    for count, (_, said) in zip(range(1, most + 1), _votes(world, draw), strict=False):
        name, at = f"x{count}", 1e9 + count
        executions[name] = Execution(name, at, "v1", 5.0, None, True, {})
        for source, says in said.items():
            payload = {"source": source, "was_real_drift": says}
            rows.append(
                EventRow(
                    f"{name}{source}", "function.feedback", at, None, None, name, None, payload
                )
            )
        false += not next(iter(said.values()))
        if raw is None and false / count > LIMIT:
            raw = count
        if not test.may_act(said) or count < 20:
            continue
        found = Said(executions, rows, {}, several=False)
        seen = correlate(key, found, now=at, oldest=0.0)
        decision = decide(seen, patterns(seen), State(), now=at)
        if decision.act:
            return count, raw
    return None, raw


class _Test:
    """The sequential test alone, from counts of votes: where it does not act, nothing would."""

    def __init__(self) -> None:
        self.counts: dict[tuple[tuple[str, bool], ...], int] = {}

    def may_act(self, said: dict[str, bool]) -> bool:
        from poet.learn import ALPHA, chance_of, e_value
        from poet.learn._consensus import of_patterns

        votes = tuple(sorted(said.items()))
        self.counts[votes] = self.counts.get(votes, 0) + 1
        known = of_patterns(self.counts)
        chances = (
            chance
            for votes, n in self.counts.items()
            for chance in repeat(1 - chance_of(dict(votes), known), n)
        )
        return e_value(chances, LIMIT) >= 1 / ALPHA


def run(repeats: int, processes: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Return the rows of both tables.

    Args:
        repeats: Of each world and each candidate.
        processes: How many at once.
        told: Is given a line after each row.
    """
    results: dict[str, Any] = {"repeats": repeats, "actions": [], "promotions": []}
    with ProcessPoolExecutor(processes) as pool:
        for number, world in enumerate(WORLDS):
            seeds = range(number * 1_000_000, number * 1_000_000 + repeats)
            found = list(pool.map(partial(acted, world), seeds, chunksize=max(1, repeats // 40)))
            row = _action_row(world, found)
            results["actions"].append(row)
            told(f"{world.name}: {row}")
        for number, candidate in enumerate(CANDIDATES):
            seeds = range(
                500_000_000 + number * 1_000_000, 500_000_000 + number * 1_000_000 + repeats
            )
            verdicts = list(
                pool.map(partial(promoted, candidate), seeds, chunksize=max(1, repeats // 40))
            )
            row = _promotion_row(candidate, verdicts)
            results["promotions"].append(row)
            told(f"{candidate.name}: {row}")
    return results


def _action_row(world: World, found: Sequence[tuple[int | None, int | None]]) -> dict[str, Any]:
    when = [MOST + 1 if a is None else a for a, _ in found]
    median = statistics.median(when)
    return {
        **world._asdict(),
        "acted": sum(a is not None for a, _ in found) / len(found),
        "median": median if median <= MOST else None,
        "by_100": sum(w <= 100 for w in when) / len(found),
        "raw": sum(r is not None for _, r in found) / len(found),
    }


def _promotion_row(candidate: Candidate, verdicts: Sequence[str]) -> dict[str, Any]:
    return {
        **candidate._asdict(),
        "promoted": sum(v == "better" for v in verdicts) / len(verdicts),
        "verdicts": {v: verdicts.count(v) for v in sorted(set(verdicts))},
    }


def tables(results: dict[str, Any]) -> str:
    """Return both tables as Markdown."""
    lines = [
        f"{results['repeats']:,} repeats a row, up to {MOST} labels each; a look after every label.",
        "",
        "| function and reviewers | learning acts | median labels | by 100 labels | a raw rate acts |",
        "|---|---|---|---|---|",
    ]
    for row in results["actions"]:
        median = "-" if row["median"] is None else f"{row['median']:g}"
        lines.append(
            f"| {row['name']} | {_percent(row['acted'])} | {median} | {_percent(row['by_100'])} "
            f"| {_percent(row['raw'])} |"
        )
    lines += ["", "| candidate | promoted | right? |", "|---|---|---|"]
    for row in results["promotions"]:
        lines.append(
            f"| {row['name']} | {_percent(row['promoted'])} | {'yes' if row['good'] else 'no'} |"
        )
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def into(page: Path, text: str) -> None:
    """Put the tables between their marks on a page.

    Raises:
        ValueError: The page has no marks.
    """
    marks = ("<!-- reviewers:begin -->", "<!-- reviewers:end -->")
    before = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
    if not pattern.search(before):
        raise ValueError(f"{page} has no {marks[0]} … {marks[1]}")
    after = pattern.sub(lambda _: f"{marks[0]}\n{text}\n{marks[1]}", before)
    page.write_text(after, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="bench.reviewers", description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path)
    given = parser.parse_args(arguments)
    began = time.perf_counter()

    def told(line: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {line}", file=sys.stderr, flush=True)

    results = run(given.repeats, given.processes, told)
    print(tables(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if given.docs:
        into(given.docs, tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
