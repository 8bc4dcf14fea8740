"""Talks to confine_zygote.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ZYGOTE = Path(__file__).with_name("confine_zygote.py")


class Outcome(NamedTuple):
    """How a confined process ended: a status or a signal's name, and what it printed."""

    ended: int | str
    text: str
    rows: dict[str, str]
    said: str

    @property
    def last(self) -> str:
        """What it printed last, or the signal that ended it."""
        lines = self.text.strip().splitlines()
        return lines[-1] if lines and self.ended == 0 else f"{self.ended}"


class Zygote:
    """One process that forks a confined process for each piece of code."""

    def __init__(self, user: str) -> None:
        environment = {"PATH": os.defpath, "HOME": "/nonexistent", "OPENBLAS_NUM_THREADS": "2"}
        self.user = user
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-B", str(ZYGOTE), user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd="/",
            text=True,
        )

    def run(self, code: str, **request: Any) -> Outcome:
        """Run the code in a process of its own, confined as the request says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"code": code, **request}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return Outcome(answer["ended"], answer["text"], dict(answer["rows"]), answer["said"])

    def stop(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)
