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

__all__ = ["layers", "library_path", "missing_layers", "namespaces", "read_paths", "touches"]

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


def touches(folder: Path, closed: list[Path]) -> bool:
    """Say whether a folder is one of the closed ones, or lies above or below one of them.

    Below ``/`` and the home folder lies nearly everything, so there only being above counts.
    """
    wide = (Path("/"), Path(os.path.expanduser("~")).resolve())  # noqa: PTH111 - never raises
    return any(
        c.is_relative_to(folder) or (c not in wide and folder.is_relative_to(c)) for c in closed
    )


def library_path(added: list[str], closed: list[str]) -> list[str]:
    """Return this process's import path without the closed folders; folders of libraries stay.

    Args:
        added: Folders that stay whatever they touch.
        closed: Folders that hold a project.
    """
    prefixes = [Path(p).resolve() for p in {sys.prefix, sys.base_prefix, sys.exec_prefix}]
    found = []
    for item in sys.path:
        folder = Path(item or ".").resolve()
        library = folder.name in ("site-packages", "dist-packages") or any(
            folder.is_relative_to(p) for p in prefixes
        )
        if library or str(folder) in added or not touches(folder, [Path(c) for c in closed]):
            found.append(str(folder))
    return list(dict.fromkeys(found))
