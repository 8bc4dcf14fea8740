"""The layers of confinement: which this platform has, and what a worker may read."""

from __future__ import annotations

import os
import platform
import site
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

__all__ = ["layers", "missing_layers", "read_paths"]

_EVERYWHERE = ("separate process", "empty environment", "wall clock", "output cap")
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/usr/share/locale", "/dev/null",
    "/dev/zero", "/dev/urandom", "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo",
)  # fmt: skip


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str], ...]:
    if not hasattr(os, "fork"):
        why = f"missing: {platform.system()} cannot fork a process"
        rows = [(name, why) for name in _EVERYWHERE]
    else:
        rows = [(name, "in force") for name in _EVERYWHERE]
    from poet._native import sandbox_layers

    return (*rows, *sandbox_layers())


def layers() -> dict[str, str]:
    """Return each layer of confinement on this platform: ``in force`` or ``missing: why``."""
    return dict(_rows())


def missing_layers() -> list[str]:
    """Return the layers that are not in force here, each with the reason; all are required."""
    return [f"{name} ({state})" for name, state in _rows() if state != "in force"]


def read_paths(path: list[str]) -> list[str]:
    """Return the files and folders a worker may read: the interpreter, its libraries, nothing else.

    Args:
        path: The import path of the worker.
    """
    import poet

    found = [*_SYSTEM, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    found += [*site.getsitepackages(), str(Path(poet.__file__).parent)]
    found += [str(Path(sys.base_prefix) / "lib"), *path]
    kept: list[str] = []
    for item in dict.fromkeys(os.path.realpath(f) for f in found if f):
        if Path(item).exists() and not any(Path(item).is_relative_to(k) for k in kept):
            kept.append(item)
    return kept
