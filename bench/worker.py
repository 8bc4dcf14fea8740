"""One side of a comparison: a process that prepares one job and times it whenever it is asked.

Only the standard library is imported here, because this runs in the environment of every peer. The
parent sends one JSON object a line; see `bench.measure`. What a peer prints goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["Job", "NotBuiltError", "serve"]

SAMPLE_SECONDS = 0.02
MAX_LOOPS = 100_000


class NotBuiltError(Exception):
    """The piece of a library that a task needs does not exist (yet)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is timed.

    Attributes:
        run: The timed call. It gets what `setup` returned, if there is a `setup`.
        units: How many rows, cells, values or calls one `run` handles.
        say: Turns the last result into a few plain values, shown as evidence of equal work.
        setup: Makes fresh state before each run, untimed.
    """

    run: Callable[..., Any]
    units: int
    say: Callable[[Any], dict[str, Any]] = lambda _: {}
    setup: Callable[[], Any] | None = None


Task = Callable[..., Job]


def _memory(field: str) -> float:
    """Read one size of this process in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return float("nan")


def _forget_peak() -> None:
    """Make the peak start again from what is held now."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:  # a kernel without it: the peak then includes the loading of data
        return


def _sample(job: Job, loops: int) -> tuple[float, float, Any]:
    """Time `loops` runs: wall and CPU seconds of one run, CPU over all threads, and a result."""
    arguments = () if job.setup is None else (job.setup(),)
    run, result = job.run, None
    gc.collect()
    gc.disable()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(loops):
        result = run(*arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.enable()
    return wall / loops, cpu / loops, result


def _versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the installed versions of `packages`."""
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _each(task: Task, folder: Path, params: dict[str, Any], names: list[str]) -> Job:
    """Make one job of a task for several data sets, each answered or failing by itself."""

    def run(_: object) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in names:
            try:
                job = task(folder, name=name, **params)
                found[name] = job.say(job.run())
            except BaseException as error:  # noqa: BLE001  a panic is an answer too
                found[name] = {"raised": type(error).__name__, "message": str(error)[:200]}
        return found

    return Job(run, len(names), lambda found: found, setup=tuple)


def _prepare(tasks: Mapping[str, Task], order: dict[str, Any]) -> tuple[Job, int, dict[str, Any]]:
    """Load the data, run once to warm up and choose how many runs make a sample."""
    task, folder, params = tasks[order["task"]], Path(order["folder"]), dict(order["params"])
    names = params.pop("names", None)
    job = _each(task, folder, params, names) if names else task(folder, **params)
    _forget_peak()
    before = _memory("VmRSS")
    wall, cpu, result = _sample(job, 1)
    loops = 1
    if job.setup is None:
        wall, cpu, result = (wall, cpu, result) if wall > 1 else _sample(job, 1)
        loops = max(1, min(MAX_LOOPS, round(SAMPLE_SECONDS / max(wall, 1e-9))))
    said = {"units": job.units, "loops": loops, "first": [wall, cpu], "before_mb": before}
    return job, loops, said | {"answer": job.say(result)}


def serve(tasks: Mapping[str, Task], packages: Sequence[str]) -> None:
    """Answer the parent until it closes the pipe."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job, loops = None, 1
    for line in sys.stdin:
        order = json.loads(line)
        said: dict[str, Any]
        try:
            if order["do"] == "prepare":
                job, loops, said = _prepare(tasks, order)
                said["versions"] = _versions(packages)
            elif order["do"] == "run" and job is not None:
                wall, cpu, _ = _sample(job, loops)
                said = {"wall": wall, "cpu": cpu}
            else:
                said = {"peak_mb": _memory("VmHWM")}
        except (NotBuiltError, ImportError, AttributeError) as error:
            said = {"failed": "not built" if isinstance(error, NotBuiltError) else "error"}
            what = "" if isinstance(error, NotBuiltError) else f"{type(error).__name__}: "
            said["reason"] = f"{what}{error}"
        except BaseException as error:  # noqa: BLE001  a peer's panic must become a row too
            said = {"failed": "error", "reason": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(said, default=str) + "\n")
        answers.flush()
