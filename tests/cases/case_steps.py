"""Records a call, makes a case of it and accepts it: ``python case_steps.py STORE HOME MARKS``."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from poet.cases import _writer, accept, propose, recorded
from poet.cases.recording import Recorder

FRAME = pl.DataFrame({"x": [1.0, 2.0]})


def steps(store: Path, home: Path, marks: Path) -> None:
    """Do all of it; each step is marked once it is done. Doing it again is no error."""

    def done(step: str) -> None:
        with marks.open("a") as file:
            file.write(f"{step}\n")

    _writer._ended[:] = [True]  # strace counts by thread: all is written by this one
    one = Recorder(home, "f", "app.py")
    call = one.begin("e1", None, (FRAME,), {})
    assert call is not None
    one.end(call, 1, None, 0.1)
    done("recorded")
    found = recorded(home, "e1")
    assert found is not None
    case = propose(store, found, {"returns": True}, why="seen", origin="failure", sources=("ann",))
    done("proposed")
    accept(store, case.name, by="reproduced")
    done("accepted")


if __name__ == "__main__":
    steps(*map(Path, sys.argv[1:]))
