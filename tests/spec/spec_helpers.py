"""Projects in a folder, and the fingerprints of their functions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from poet.spec import Options, build_spec


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files, dedented, below ``folder`` and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def spec_of(path: Path, qualname: str = "score", options: Options | None = None, epoch: int = 1):
    """Return the spec of a function as a decorator without options would give it."""
    return build_spec(
        path, qualname, options or Options(), recipe_epoch=epoch, default_mode="preserve"
    )


def print_of(path: Path, qualname: str = "score") -> str:
    """Return a function's fingerprint."""
    return spec_of(path, qualname).fingerprint
