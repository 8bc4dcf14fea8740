"""How much memory there is for data, from the limits that hold for this process."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["available", "parse_size"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
          "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}  # fmt: skip
_UNKNOWN = 2 * 10**9  # where the system tells nothing


def available() -> int:
    """Return the bytes this process may still take: by its limits, its group's, the machine's."""
    found = [value for value in (_machine(), _group(), _limits()) if value is not None]
    return max(min(found, default=_UNKNOWN), 0)


def parse_size(text: str) -> int:
    """Return the bytes that a size such as ``500MB`` or ``2GiB`` means.

    Raises:
        ValueError: It means none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", text.lower())
    if found is None:
        raise ValueError(f"{text!r} is no size, such as 500MB or 2GiB")
    return int(float(found[1]) * _UNITS[found[2] or ""])


def _machine() -> int | None:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _group() -> int | None:
    path = re.search(r"^0::(/.*)$", _text("/proc/self/cgroup"), re.MULTILINE)
    folder = Path("/sys/fs/cgroup") / (path[1].lstrip("/") if path else "")
    limit, used = _text(folder / "memory.max").strip(), _text(folder / "memory.current").strip()
    return int(limit) - int(used) if limit.isdigit() and used.isdigit() else None


def _limits() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return None
    used = re.search(r"^VmSize:\s+(\d+) kB", _text("/proc/self/status"), re.MULTILINE)
    return soft - (int(used[1]) * 1024 if used else 0)


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
