"""Measures several processes against each other, one sample of each in turn.

Every contestant of a case is a process of its own that has prepared the same data. Round by round
each gives one sample, so that a change in what else the machine does meets all of them alike.
"""

from __future__ import annotations

import json
import os
import selectors
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Contestant", "Limits", "Outcome", "compare"]

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Contestant:
    """One side of a case.

    Attributes:
        label: The name in the tables.
        module: The module that serves the task, below `bench`.
        task: The task's name there.
        params: What the task gets beside the case's own parameters.
        env: Environment variables of its process.
    """

    label: str
    module: str
    task: str
    params: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    @property
    def peer(self) -> str | None:
        """The environment it needs, or None for the project's own."""
        name = self.module.rpartition(".")[2]
        return name if self.module.startswith("peers.") and name != "base" else None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to measure: rounds, seconds of samples a contestant, seconds until it is stopped."""

    rounds: int = 9
    budget: float = 20.0
    patience: float = 900.0


@dataclass(slots=True)
class Outcome:
    """What one contestant gave in one case; times are seconds of one run."""

    status: str = "ok"
    reason: str = ""
    units: int = 0
    loops: int = 1
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    before_mb: float = 0.0
    peak_mb: float = 0.0
    answer: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def per_unit(self, kind: str = "wall") -> float:
        """Return the median in nanoseconds a unit; NaN where nothing was measured."""
        times = self.wall if kind == "wall" else self.cpu
        return statistics.median(times) / self.units * 1e9 if times else float("nan")


class _Process:
    """A contestant's process and the pipe to it."""

    def __init__(self, contestant: Contestant, python: Path, log: Path) -> None:
        self.log = log.open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(python), "-W", "ignore", "-m", f"bench.{contestant.module}"],
            cwd=ROOT,
            env={**os.environ, "POET_EVENTS": "0", **contestant.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def ask(self, patience: float, **order: Any) -> dict[str, Any]:
        """Send one order and wait for its answer."""
        pipe_in, pipe_out = self.process.stdin, self.process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            pipe_in.write(json.dumps(order) + "\n")
            pipe_in.flush()
        except BrokenPipeError:
            return {"failed": "error", "reason": self._last_words()}
        with selectors.DefaultSelector() as selector:
            selector.register(pipe_out, selectors.EVENT_READ)
            if not selector.select(patience):
                return {"failed": "stopped", "reason": f"no answer within {patience:.0f} s"}
        line = pipe_out.readline()
        if not line:
            return {"failed": "error", "reason": self._last_words()}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self.process.wait()
        self.log.seek(0)
        lines = [line.strip() for line in self.log if line.strip()]
        return f"ended with {self.process.returncode}: {lines[-1] if lines else 'no message'}"

    def end(self) -> None:
        """Stop the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()
        self.log.close()


def compare(
    contestants: list[tuple[Contestant, Path]],
    folder: Path,
    params: dict[str, Any],
    limits: Limits,
) -> dict[str, dict[str, Any]]:
    """Measure the contestants of one case in turn; returns an `Outcome` as a dict by label."""
    running: dict[str, _Process] = {}
    found = {contestant.label: Outcome() for contestant, _ in contestants}
    try:
        with tempfile.TemporaryDirectory() as logs:
            for number, (contestant, python) in enumerate(contestants):
                process = _Process(contestant, python, Path(logs, str(number)))
                running[contestant.label] = process
                said = process.ask(
                    limits.patience,
                    do="prepare",
                    task=contestant.task,
                    folder=str(folder),
                    params={**params, **contestant.params},
                )
                outcome = found[contestant.label]
                if "failed" in said:
                    outcome.status, outcome.reason = said["failed"], said["reason"].strip()[:300]
                    running.pop(contestant.label).end()
                    continue
                outcome.units, outcome.loops = said["units"], said["loops"]
                outcome.before_mb, outcome.answer = said["before_mb"], said["answer"]
                outcome.versions = said["versions"]
                wall, cpu = said["first"]
                if wall > limits.budget / 2 and limits.rounds:
                    # Warming up changes nothing at this length, and one run must do: some hold
                    # gigabytes, which must not crowd the others.
                    outcome.wall.append(wall)
                    outcome.cpu.append(cpu)
                    outcome.peak_mb = process.ask(60, do="peak").get("peak_mb", 0.0)
                    running.pop(contestant.label).end()
            _take_turns(running, found, limits)
            for label, process in running.items():
                found[label].peak_mb = process.ask(60, do="peak").get("peak_mb", 0.0)
    finally:
        for process in running.values():
            process.end()
    return {label: asdict(outcome) for label, outcome in found.items()}


def _take_turns(running: dict[str, _Process], found: dict[str, Outcome], limits: Limits) -> None:
    """Take samples round by round until every contestant has enough of them."""
    for round_number in range(limits.rounds):
        for label in list(running):
            outcome = found[label]
            spent = sum(outcome.wall) * outcome.loops
            if len(outcome.wall) > round_number or (outcome.wall and spent > limits.budget):
                continue
            said = running[label].ask(limits.patience, do="run")
            if "failed" in said:
                outcome.status, outcome.reason = said["failed"], said["reason"].strip()[:300]
                running.pop(label).end()
                continue
            outcome.wall.append(said["wall"])
            outcome.cpu.append(said["cpu"])
    print(".", end="", file=sys.stderr, flush=True)
