"""What one version is worth on windows that learning never saw: a process with a state of its own."""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from pathlib import Path

from bench.learning.project import FUNCTION, MODULE, enter_project
from bench.learning.streams import open_stream
from bench.learning.truth import Answer, score

__all__ = ["main"]


def main(
    project: Path, home: Path, stream: str, seed: int, first: int, windows: int, version: str
) -> dict[str, object]:
    """Return the score's counts of a version, or of the ``baseline``.

    Nothing of it reaches learning: ``home`` is not the project's, and no events are written.
    """
    warnings.simplefilter("ignore")
    enter_project(project)
    function = getattr(importlib.import_module(MODULE), FUNCTION)
    call = function
    if version == "baseline":
        call = function.__poet_original__
    else:
        from poet.store import write_override

        store = function.poet.store
        write_override(home, store.folder, version, "evaluation", store.current())
    stretch = open_stream(stream, seed).stretch(first, windows)
    answers, failed, begun = [], 0, time.process_time()
    for window in stretch.windows:
        try:
            answers.append(Answer.of(call(window.current, window.reference)))
        except Exception:  # noqa: BLE001 - a call that raises gives no alarm
            failed += 1
            answers.append(Answer(alarm=False))
    seconds = time.process_time() - begun
    served = "baseline" if version == "baseline" else function.poet.served.version
    if served != version:
        raise SystemExit(f"asked for {version}, served {served}: {function.poet.served}")
    done = score(stretch, answers, seconds)
    counts = {name: getattr(done, name) for name in done.__dataclass_fields__}
    return {**counts, "failed": failed}


if __name__ == "__main__":
    a = sys.argv
    print(json.dumps(main(Path(a[1]), Path(a[2]), a[3], int(a[4]), int(a[5]), int(a[6]), a[7])))
