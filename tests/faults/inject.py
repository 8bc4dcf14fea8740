"""Injects faults of some kinds and prints what came of them, as JSON.

    python inject.py FOLDER SEED KIND=COUNT [KIND=COUNT ...]

It is a program of its own because it forks, kills and patches; what it holds before the first and
after the last fault must be the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import break_judgement
import break_store
from bench_project import BenchProject, BrokenError, fresh_zygotes, held

KINDS = {**break_store.KINDS, **break_judgement.KINDS}
MAX_SHOWN = 20


def _git(folder: Path, *args: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *args],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def main(folder: Path, seed: int, wanted: dict[str, int]) -> int:
    """Inject what is wanted; return the exit status."""
    found: dict[str, object] = {"seed": seed}
    faults: Counter[str] = Counter()
    skipped, wrong = list[str](), list[str]()
    seconds = {}
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    os.environ.update(TMPDIR=str(folder / "tmp"), POET_HOME=str(folder / "home"))
    tempfile.tempdir = None
    bench = BenchProject(folder / "project", seed)
    _git(bench.folder, "init", "-q")
    _git(bench.folder, "add", "-A", ":!.poet")
    _git(bench.folder, "commit", "-qm", "the project")
    bench.next_works()
    for kind, count in wanted.items():
        fresh_zygotes()
        before = held()
        start = time.perf_counter()
        steps = KINDS[kind](bench, count)
        while True:
            try:
                name = next(steps)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                at = "" if isinstance(error, BrokenError) else traceback.format_exc()[-2500:]
                wrong.append(f"{kind}: {error} {at}")
                break
            if name.startswith("skipped"):
                skipped.append(f"{kind}: {name}")
                break
            faults[name] += 1
            if sum(faults.values()) % 50 == 0 and _git(
                bench.folder, "status", "--porcelain", "--", ":!.poet"
            ):
                wrong.append(f"{kind}: git status is not clean")
        fresh_zygotes()
        after = held()
        if after != before:
            wrong.append(
                f"{kind}: LEAK {[(k, before[k], after[k]) for k in after if after[k] != before[k]]}"
            )
        seconds[kind] = round(time.perf_counter() - start, 1)
        print(kind, seconds[kind], dict(faults), wrong, file=sys.stderr, flush=True)
    found.update(faults=dict(faults), skipped=skipped, wrong=wrong[:MAX_SHOWN], seconds=seconds)
    print(json.dumps(found))
    return bool(wrong)


if __name__ == "__main__":
    pairs = dict(text.split("=") for text in sys.argv[3:])
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), {k: int(v) for k, v in pairs.items()}))
