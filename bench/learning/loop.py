"""The closed loop: production, reviewers, learning and evaluation, each in a process of its own.

What passes between them is the project's folder and its event queue; the operator's notes pass from
production to the reviewers, as in a plant.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.learning.project import FUNCTION, MODULE, environment, strategy_of, write_project
from bench.learning.streams import STREAMS, Plan
from bench.learning.truth import Score

__all__ = ["Production", "Round", "Run", "evaluate", "production", "run_loop", "run_process"]

Tell = Callable[[str], None]


class Round(NamedTuple):
    """One round of learning: what ran, what was said, what learning decided."""

    number: int
    windows: int
    served: Mapping[str, int]
    alarms: int
    feedback: int
    current: str
    decision: Mapping[str, Any]


class Run(NamedTuple):
    """What one seed of one stream gave.

    Attributes:
        stream: Its name.
        seed: Its seed.
        baseline: The function as its user wrote it.
        versions: By name, the starting one first: its score and its strategy.
        rounds: In order.
    """

    stream: str
    seed: int
    baseline: Score
    versions: dict[str, tuple[Score, dict[str, object]]]
    rounds: list[Round]


def run_process(arguments: list[str], environ: Mapping[str, str], folder: Path) -> str:
    """Run one process to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=dict(environ), cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(
            f"{' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


class Production:
    """The process that runs all along.

    Args:
        process: It.
        notes: The operator's notes.
    """

    def __init__(self, process: subprocess.Popen[str], notes: Path) -> None:
        self.process, self.notes = process, notes
        self.jobs: list[tuple[int, int]] = []

    def run(self, first: int, windows: int) -> dict[str, Any]:
        """Have it work through some windows and return what it says of them."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.jobs.append((first, windows))
        self.notes.with_suffix(".jobs").write_text(json.dumps(self.jobs), encoding="utf-8")
        self.process.stdin.write(json.dumps({"first": first, "windows": windows}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"production ended: {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def production(
    project: Path, home: Path, stream: str, seed: int, notes: Path
) -> Iterator[Production]:
    """Start the process; it is ended at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.learning.execute", str(project), stream, str(seed), str(notes)],
        env=environment(home), cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Production(process, notes)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def current_of(project: Path) -> str:
    """Return the name of the project's current version."""
    path = project / ".poet" / FUNCTION / "current"
    return path.read_text(encoding="utf-8").strip()


def evaluate(project: Path, work: Path, stream: str, seed: int, plan: Plan, version: str) -> Score:
    """Return what a version is worth on the windows that learning never sees."""
    home = work / f"evaluation-{version}"
    out = run_process(
        ["-m", "bench.learning.evaluate", str(project), str(home), stream, str(seed),
         str(STREAMS[stream].held_back), str(plan.held_back), version],
        environment(home, POET_EVENTS="false"), project,
    )  # fmt: skip
    counts = json.loads(out.splitlines()[-1])
    counts.pop("failed")
    return Score(**{**counts, "delays": tuple(counts["delays"])})


def learn(project: Path, home: Path) -> dict[str, Any]:
    """Run one pass of learning as its user would and return what it says of the function."""
    out = run_process(["-m", "poet", "learn", "--json"], environment(home), project)
    found: dict[str, Any] = json.loads(out)
    return found


def run_loop(work: Path, stream: str, seed: int, plan: Plan, tell: Tell) -> Run:
    """Run one seed of one stream.

    Args:
        work: A folder of its own.
        stream: Its name.
        seed: Its seed.
        plan: How much of it.
        tell: Told each step.
    """
    project, home = write_project(work / "project", stream), work / "home"
    notes, said = work / "notes.jsonl", work / "said.txt"
    where = f"{stream} {seed}"
    run_process(["-m", "poet", "generate", f"{MODULE}.py:{FUNCTION}"], environment(home), project)
    tell(f"{where}: the baseline and v1 on held-back windows")
    baseline = evaluate(project, work, stream, seed, plan, "baseline")
    versions: dict[str, tuple[Score, dict[str, object]]] = {}
    rounds: list[Round] = []

    def judged(version: str) -> None:
        if version not in versions:
            found = evaluate(project, work, stream, seed, plan, version)
            versions[version] = (found, strategy_of(project, version))

    judged(current_of(project))
    with production(project, home, stream, seed, notes) as running:
        for number in range(plan.rounds):
            first = number * plan.windows
            tell(f"{where}: round {number + 1}, {plan.windows} windows")
            ran = running.run(first, plan.windows)
            now = str(first + plan.windows)
            out = run_process(
                ["-m", "bench.learning.reviewers", stream, str(seed), now, str(notes), str(said)],
                environment(home), project,
            )  # fmt: skip
            tell(f"{where}: round {number + 1}, learning from {out.strip()} judgements")
            decision = learn(project, home)
            version = current_of(project)
            rounds.append(
                Round(number + 1, ran["windows"], ran["versions"], ran["alarms"], int(out), version,
                      decision)
            )  # fmt: skip
            tell(f"{where}: round {number + 1}, {version} is current")
            judged(version)
    return Run(stream, seed, baseline, versions, rounds)
