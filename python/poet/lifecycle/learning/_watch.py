"""Passes of learning, one after the other, until somebody says stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event as Signal

from poet.errors import PoetError
from poet.lifecycle._results import Progress
from poet.lifecycle.learning._pass import learn_once
from poet.lifecycle.learning._values import Pass

__all__ = ["learn_watch"]

MOST_SECONDS = 300.0


def learn_watch(
    folder: Path,
    home: Path | None = None,
    *,
    every: float = 10.0,
    stop: Signal | None = None,
    progress: Progress | None = None,
    only: str | None = None,
    said: Callable[[Pass | PoetError], None] = lambda _: None,
) -> None:
    """Run passes until ``stop`` is set; a pass that fails is told of, and the next comes later.

    Args:
        folder: The project, or a part of it.
        home: The folder of live state.
        every: Seconds between passes; after failures twice as long each time, up to five minutes.
        stop: Ends it between two passes.
        progress: Told each step.
        only: Act on the function of this qualified name alone.
        said: Told what came of each pass.
    """
    stop = stop or Signal()
    pause = every
    while not stop.is_set():
        try:
            said(learn_once(folder, home, progress=progress, only=only))
            pause = every
        except PoetError as error:
            said(error)
            pause = min(max(pause, 0.1) * 2, MOST_SECONDS)
        stop.wait(pause)
