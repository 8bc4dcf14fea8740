"""What the numbers were measured on: enough to compare with, nothing that names the machine."""

from __future__ import annotations

import datetime as dt
import os
import platform
from pathlib import Path

__all__ = ["facts"]


def facts() -> dict[str, str]:
    """Return processor, cores, memory, system, Python and the day."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = dict(line.split(":", 1) for line in lines if ":" in line)
    cpu = {key.strip(): value.strip() for key, value in cpu.items()}
    flags = cpu.get("flags", "").split()
    vectors = [flag for flag in ("avx2", "avx512f") if flag in flags]
    memory = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    return {
        "processor": f"{cpu.get('model name', platform.machine())}"
        f" (family {cpu.get('cpu family', '?')}, model {cpu.get('model', '?')},"
        f" {', '.join(vectors) or 'no AVX2'})",
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory) / 2**20:.0f} GiB",
        "system": platform.system(),
        "python": platform.python_version(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
