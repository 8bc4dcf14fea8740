"""Production: a process that runs all along, calls the function on each window and notes its answers.

It reads one JSON line a job, ``{"first": 0, "windows": 192}``, and answers with one. The notes are an
operator's: which execution was which window, and what it said. Nothing of the truth is in them.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from bench.learning.project import FUNCTION, MODULE, enter_project
from bench.learning.streams import open_stream
from bench.learning.truth import Answer

__all__ = ["main"]


def main(project: Path, stream: str, seed: int, notes: Path) -> None:
    """Serve jobs from standard input until it ends."""
    from poet import emit

    source = open_stream(stream, seed)
    enter_project(project)
    handle = getattr(importlib.import_module(MODULE), FUNCTION).poet
    for line in sys.stdin:
        job = json.loads(line)
        first, answers = job["first"], []
        versions: dict[str, int] = {}
        time.sleep(1.1)  # a process looks for another version once a second
        begun = time.process_time()
        with notes.open("a", encoding="utf-8") as file:
            for number, window in enumerate(source.stretch(first, job["windows"]).windows, first):
                run = handle.run(window.current, window.reference)
                answer = Answer.of(run.value)
                answers.append(answer)
                served = handle.served.version or "baseline"
                versions[served] = versions.get(served, 0) + 1
                said = {"window": number, "id": run.id, "version": served, **answer._asdict()}
                if answer.alarm:
                    said["alert"] = f"alert-{seed}-{number}"
                    about = {"alert_id": said["alert"], "execution_id": run.id}
                    emit("alert.created", {**about, "function": FUNCTION})
                file.write(json.dumps(said) + "\n")
        done = {
            "windows": len(answers),
            "alarms": sum(a.alarm for a in answers),
            "versions": versions,
            "seconds": time.process_time() - begun,
        }
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
