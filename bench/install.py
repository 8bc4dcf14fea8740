"""Environments of the peers: one each, outside the clone, made on first use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["NAMES", "environment"]

LISTS = Path(__file__).parent / "peers"
NAMES = sorted(path.stem for path in LISTS.glob("*.txt"))
PYTHON = "3.11"


def _cache() -> Path:
    """Return the folder that holds the environments."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "poet" / "bench"


def _uv(*arguments: str) -> str | None:
    """Run uv; returns its last line where it fails, else None."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return None
    lines = [line.strip(" │╰─▶×") for line in done.stderr.splitlines() if line.strip()]
    return lines[-1].removeprefix("cause: ") if lines else f"uv ended with {done.returncode}"


def environment(peer: str) -> tuple[Path, str]:
    """Return a peer's interpreter and, where it cannot be installed, the reason."""
    requirements = LISTS / f"{peer}.txt"
    folder = _cache() / peer
    python = folder / "bin" / "python"
    mark = folder / ".installed"
    wanted = hashlib.sha256(requirements.read_bytes() + PYTHON.encode()).hexdigest()
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return python, ""
    print(f"installing {peer} ...", file=sys.stderr, flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    failed = _uv("venv", "--clear", "--python", PYTHON, str(folder))
    if failed is None:
        where = ["--python", str(python), "--compile-bytecode"]
        failed = _uv("pip", "install", *where, "-r", str(requirements))
    if failed is not None:
        return python, failed
    mark.write_text(wanted, encoding="ascii")
    return python, ""
