"""Property tests judge values, not how fast a busy machine draws them; the long suites' privileges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("poet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", parent=settings.get_profile("poet"), max_examples=10)
settings.load_profile("poet")


def _small_disk() -> str:
    """Return why no file system can be mounted, empty where one can; it mounts none for long."""
    if os.name != "posix" or os.geteuid() != 0:
        return "not root"
    # In a mount namespace of its own, which ends with the command.
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def _power_cut() -> str:
    """Return why no disk image can be formatted and mounted, empty where one can."""
    if shutil.which("mkfs.ext4", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        return "mkfs.ext4 is not installed"
    if not Path("/dev/loop-control").exists():
        return "no loop devices"
    return _small_disk()


def _tracing() -> str:
    """Return why strace cannot trace a child, empty where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-o", "/dev/null", sys.executable, "-I", "-S", "-c", ""],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def _redis() -> str:
    return "" if shutil.which("redis-server") else "redis-server is not installed"


def _confinement() -> str:
    from poet.gate.sandbox import missing_layers

    return "; ".join(missing_layers())


def _writes_refused() -> str:
    root = os.name == "posix" and os.geteuid() == 0
    return "root may write everywhere: run it as another user too" if root else ""


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say before the long suites which privilege each needs, and whether it is here."""
    if config.option.markexpr != "soak":
        return []
    rows = [
        ("tests/store: a thousand kills", "none", ""),
        ("tests/store, in make test: a kill at each system call", "ptrace (strace)", _tracing()),
        ("tests/faults: 10,000 faults, 10,000 worker runs", "none (Linux /proc)", ""),
        ("tests/faults: the full disks among them", "root (mount)", _small_disk()),
        ("tests/faults: the read-only folders among them", "not root", _writes_refused()),
        (
            "tests/faults: event stores killed at each system call, EIO",
            "ptrace (strace)",
            _tracing(),
        ),
        (
            "tests/faults: event stores whose power is cut",
            "root (mount), loop devices, mkfs.ext4",
            _power_cut(),
        ),
        ("tests/faults: event stores on full disks", "root (mount)", _small_disk()),
        ("tests/faults: the event store in Redis", "redis-server", _redis()),
        ("tests/gate: attacks in the sandbox", "Landlock, seccomp", _confinement()),
        ("tests/gate: cheats and honest code", "Landlock, seccomp", _confinement()),
        ("tests/gate: latency of one code against itself", "an idle machine", ""),
    ]
    head = ["The long suites, what each needs, and whether it is here:"]
    return head + [
        f"  {suite:<58} {needs:<37} {'MISSING: ' + why if why else 'here'}"
        for suite, needs, why in rows
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up the injected faults by kind."""
    total: dict[str, int] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, counts in report.user_properties:
            if name == "faults" and isinstance(counts, dict):
                for kind, count in counts.items():
                    total[kind] = total.get(kind, 0) + count
    if total:
        terminalreporter.section(f"{sum(total.values())} injected faults and worker runs")
        for kind, count in sorted(total.items()):
            terminalreporter.write_line(f"{count:>7}  {kind}")
