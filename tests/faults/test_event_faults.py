"""Faults under the event stores: what was acknowledged is there, and comes once, whatever breaks.

``events_inject.py`` drives one store and breaks one thing at a time; see there and in ``events_*.py``
what. Here is a sample of each kind for each store, and under ``soak`` the long runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from events_reference import DEFECTS
from events_world import Marks, Noted

INJECT = Path(__file__).with_name("events_inject.py")
STORES = ("files", "sqlite", "redis")
SAMPLE = {
    "kills": ["kills=4", "calls=4"],
    "disk": ["sync-errors=4", "full-disk=2", "read-only=3", "torn=6", "flips=6"],
    "power": ["power=2", "power-control=2"],
    "use": ["stopped=2", "poison=2", "clock=2", "forks=2", "order=1", "down=2"],
    "crowds": ["crowds=1", "retention=1"],
}
SOAK = {
    "kills": ["kills=1000"],
    "calls": ["calls=0"],
    "disk": ["sync-errors=64", "full-disk=200", "read-only=60"],
    "damage": ["torn=0", "flips=2000"],
    "power": ["power=300", "power-control=24"],
    "use": ["stopped=50", "poison=50", "clock=40", "forks=60", "order=30", "down=50"],
    "crowds": ["crowds=12", "retention=12"],
}
FINDS = {
    "nosync": "power=10",
    "short": "full-disk=6",
    "tail": "torn=40",
    "nocrc": "flips=80",
    "deaf": "sync-errors=16",
    "ackless": "kills=12",
    "again": "crowds=2",
    "early": "kills=24",
    "eternal": "poison=2",
    "clock": "clock=4",
    "forked": "forks=6",
}

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="processes are read from /proc"),
]


def injected(store, kinds, seed, timeout):
    """Run the program in memory where there is a disk of that kind; return what it found."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, prefix="poet-events-") as folder:
        done = subprocess.run(
            [sys.executable, str(INJECT), folder, str(seed), store, *kinds],
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr[-3000:]
    return json.loads(done.stdout)


def run(store, kinds, seed, timeout, capsys, record_property):
    if store == "redis" and shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    found = injected(store, kinds, seed, timeout)
    record_property("faults", found["faults"])
    total = sum(found["faults"].values())
    said = "; ".join(found["skipped"])
    with capsys.disabled():
        print(f" [{total} faults, {len(found['wrong'])} wrong{', ' if said else ''}{said}]", end="")
    assert found["wrong"] == []
    lacking = {text.partition(":")[0] for text in found["skipped"]}
    counts = dict(k.split("=") for k in kinds)
    due = sum(int(n) for k, n in counts.items() if k not in lacking)
    assert total >= due * 0.7, "hardly a fault hit: the test shows nothing"


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("group", SAMPLE)
def test_a_sample_of_event_faults(store, group, capsys, record_property):
    """Feedback that was acknowledged would be lost, or counted twice, after a crash or a full disk."""
    run(store, SAMPLE[group], 1, 300, capsys, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("group", SOAK)
def test_all_event_faults(store, group, capsys, record_property):
    """An instant, a system call or a byte that a sample does not hit would stay open."""
    run(store, SOAK[group], 20, 3600, capsys, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("defect", FINDS)
def test_the_drivers_find_each_defect(defect):
    """A driver that misses a planted defect would call a store safe that is not."""
    found = injected(f"reference-{defect}", [FINDS[defect]], 3, 300)
    if found["skipped"]:
        pytest.skip(found["skipped"][0])
    assert found["wrong"], f"not found: {DEFECTS[defect]}"


def test_the_drivers_believe_a_sound_store():
    """A driver that finds fault with a sound store would hide the real faults among false ones."""
    kinds = ["kills=3", "calls=3", "torn=9", "flips=9", "stopped=1", "poison=2", "forks=2"]
    found = injected("reference", kinds, 3, 120)
    assert found["wrong"] == []


def test_a_sample_of_planted_defects_is_found():
    """A driver that cannot fail would show nothing."""
    assert set(FINDS) == set(DEFECTS)
    for defect in ("tail", "nocrc", "ackless"):
        assert injected(f"reference-{defect}", [FINDS[defect]], 3, 120)["wrong"], DEFECTS[defect]


def test_a_note_that_a_kill_cut_short_is_no_promise(tmp_path):
    """Half an id, where a kill cut the note at the end of a page, would be called a lost event."""
    marks = Marks(tmp_path / "one")
    marks.note("try", "first", "second")
    marks.note("pub", "first")
    os.write(marks.fd, b"pub sec")
    marks.close()
    noted = Noted(tmp_path)
    assert (noted.published, noted.tried) == ({"first"}, {"first", "second"})
