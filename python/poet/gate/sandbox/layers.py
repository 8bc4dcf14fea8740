"""The layers of confinement: which this platform has, and what a worker may read."""

from __future__ import annotations

import os
import platform
import shutil
import site
import subprocess
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

__all__ = ["layers", "missing_layers", "namespaces", "read_paths"]

_EVERYWHERE = ("separate process", "empty environment", "wall clock", "output cap")
_OPTIONAL = ("namespaces",)  # one wall more where it is to be had; the others do not lean on it
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

    around, why_not = namespaces()
    return (
        *rows,
        *sandbox_layers(),
        ("namespaces", "in force" if around else f"not used: {why_not}"),
    )


@lru_cache(maxsize=1)
def namespaces() -> tuple[list[str], str]:
    """Return the command that puts the zygote into namespaces of its own, or why there is none."""
    program = shutil.which("bwrap")
    if program is None or not hasattr(os, "pidfd_open"):
        return [], "bubblewrap is not installed"
    command = [
        program, "--unshare-user-try", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--chdir", "/", "--",
    ]  # fmt: skip
    try:
        probe = subprocess.run(  # noqa: S603 - the program found above, on fixed words
            [*command, sys.executable, "-I", "-S", "-c", ""],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"bubblewrap does not run here: {error}"
    if probe.returncode:
        return (
            [],
            f"bubblewrap does not run here: {probe.stderr.decode(errors='replace').strip()[-200:]}",
        )
    return command, ""


def layers() -> dict[str, str]:
    """Return each layer of confinement on this platform: ``in force`` or ``missing: why``."""
    return dict(_rows())


def missing_layers() -> list[str]:
    """Return the layers that are not in force here, each with the reason; all but namespaces count."""
    return [f"{n} ({s})" for n, s in _rows() if s != "in force" and n not in _OPTIONAL]


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
