"""A project in a folder of its own: write it, run commands in it, look at what they left."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["Done", "Project"]


class Done(NamedTuple):
    """A finished command.

    Attributes:
        code: Its exit status.
        out: What it printed, errors included.
    """

    code: int
    out: str


class Project:
    """A small project on disk.

    Args:
        folder: Where it stands; a pyproject.toml is written so that POET takes it for a project.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "pyproject.toml").exists():
            self.write({"pyproject.toml": '[project]\nname = "example"\nversion = "0"\n'})

    def write(self, files: Mapping[str, str]) -> Project:
        """Write files, their text dedented, and return the project."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return self

    def read(self, name: str) -> str:
        """Return a file's text."""
        return (self.folder / name).read_text(encoding="utf-8")

    def files(self, pattern: str = "**/*") -> list[str]:
        """Return the files that match, relative and sorted."""
        found = (p for p in self.folder.glob(pattern) if p.is_file())
        return sorted(p.relative_to(self.folder).as_posix() for p in found)

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, timeout: float = 300.0
    ) -> Done:
        """Run a command in the project's folder, with ``POET_*`` of the caller removed."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("POET_", "PYTEST_"))}
        done = subprocess.run(  # noqa: S603 - a test's own command
            command,
            cwd=self.folder,
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def python(self, code: str, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """Run Python code in the project's folder, which is on its import path."""
        return self.run(sys.executable, "-c", textwrap.dedent(code), *arguments, env=env)

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """Run pytest in the project's folder."""
        return self.run(sys.executable, "-m", "pytest", *arguments, env=env)

    def poet(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """Run the ``poet`` command in the project's folder."""
        return self.run(sys.executable, "-m", "poet", *arguments, env=env)
