"""A run with scripted steps, so that a test can look at what a terminal shows of it.

Usage: progress_driver.py FUNCTIONS [wait|fail]
"""

from __future__ import annotations

import sys
import threading
import time
import warnings

from poet.cli._progress import Board, progress
from poet.lifecycle import Step

WHAT = sys.argv[2] if len(sys.argv) > 2 else ""
PAUSE = 0.02 if int(sys.argv[1]) > 9 else 0.3  # a frame comes every eighth of a second
NAMES = [f"detect_drift_{n}" for n in range(int(sys.argv[1]))]


def make(name: str, tell) -> None:
    tell(Step(name, "ask openai/test", 1, 1, "model"))
    time.sleep(PAUSE)
    tell(Step(name, "audit", 1, 1, "model", 0.004))
    tell(Step(name, "judged", 1, 1, "model", 0.004, "failed verification"))
    time.sleep(PAUSE)
    tell(Step(name, "ask openai/test", 1, 2, "repaired", 0.004))
    tell(Step(name, "case one\n\x1b[2Jof two", 1, 2, "repaired", 0.008))
    if WHAT == "wait":
        time.sleep(30)
    tell(Step(name, "promoted", 1, 2, "repaired", 0.008, "promoted", True))


def main() -> None:
    left = list(NAMES)

    def work(tell) -> None:
        while left:
            make(left.pop(0), tell)

    board = Board.of(NAMES, 5.0)
    with progress(board) as tell:
        threads = [threading.Thread(target=work, args=(tell,), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        if WHAT == "fail":
            time.sleep(0.5)
            warnings.warn("a warning in between", stacklevel=1)
            raise ValueError("as scripted")
        for thread in threads:
            thread.join()
        time.sleep(0.3)  # for the last frame
    print("the end")


if __name__ == "__main__":
    main()
