"""Faults injected into the whole lifecycle: nothing wrong becomes current, nothing is left behind.

``inject.py`` drives generate, judge, store, promote and serve on a small project and breaks one
thing at a time; see there and in ``break_*.py`` what. Here is a sample of each kind, and under
``soak`` more than 10,000.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

INJECT = Path(__file__).with_name("inject.py")
SAMPLE = {
    "kills": ["kills=25"],
    "errors": ["errors=60", "full-disk=12"],
    "edits": ["edits=60", "read-only=6"],
    "judgement": ["frames=10", "signals=6", "whole=2", "clock=6"],
    "reports": ["reports=54", "workers=120"],
}
SOAK = {
    "kills": ["kills=2000"],
    "errors": ["errors=2500", "full-disk=300"],
    "edits": ["edits=2500", "read-only=100"],
    "judgement": ["frames=200", "signals=250", "whole=80", "clock=300"],
    "reports": ["reports=2500"],
}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir() or not hasattr(os, "pidfd_open"),
    reason="what a process holds is read from Linux's /proc",
)


def injected(kinds, seed, timeout, capsys, record_property):
    """Run the program in memory where there is a disk of that kind; return what it found."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, prefix="poet-faults-") as folder:
        done = subprocess.run(
            [sys.executable, str(INJECT), folder, str(seed), *kinds],
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr[-3000:]
    found = json.loads(done.stdout)
    total = sum(found["faults"].values())
    record_property("faults", found["faults"])
    said = "; ".join(found["skipped"])
    with capsys.disabled():
        print(f" [{total} faults, {len(found['wrong'])} wrong{', ' if said else ''}{said}]", end="")
    assert found["wrong"] == []
    return found, total


def due(kinds, found):
    """Return how many faults there must be, less those that need a privilege that is missing."""
    lacking = {text.partition(":")[0] for text in found["skipped"]}
    counts = dict(k.split("=") for k in kinds)
    return sum(int(n) for k, n in counts.items() if k not in lacking)


@pytest.mark.parametrize("group", SAMPLE)
def test_a_sample_of_faults(group, capsys, record_property):
    """A crash, a full disk or an edited file would put unverified code into production."""
    found, total = injected(SAMPLE[group], 1, 300, capsys, record_property)
    assert total >= due(SAMPLE[group], found) * 0.7, "hardly a fault hit: the test shows nothing"


@pytest.mark.soak
@pytest.mark.parametrize("group", SOAK)
def test_ten_thousand_faults(group, capsys, record_property):
    """An instant that a sample does not hit would stay open."""
    found, total = injected(SOAK[group], 20, 3600, capsys, record_property)
    assert total >= due(SOAK[group], found) * 0.7


@pytest.mark.soak
def test_ten_thousand_worker_runs(capsys, record_property):
    """Processes, descriptors and files would pile up on a machine that judges for days."""
    found, total = injected(["workers=10000"], 20, 3600, capsys, record_property)
    assert total >= 10_000
    lost = {k: n for k, n in found["faults"].items() if k != "worker that answers"}
    assert sum(lost.values()) > 500
