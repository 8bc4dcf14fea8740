"""Parquet larger than the memory that the process may have, as reference and as current."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs limits on address space (Linux)"
)

LIMIT = 1000 * 2**20
PART_ROWS, PARTS = 400_000, 4
# As few arenas and stacks as on a small machine, whatever this one has: they count as address space.
SMALL = {"POLARS_MAX_THREADS": "2", "RAYON_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1",
         "MALLOC_ARENA_MAX": "2"}  # fmt: skip


def limited(code, folder, *arguments):
    """Run Python code in a process whose address space is limited."""
    start = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))\n"
    return subprocess.run(
        [sys.executable, "-c", start + code, *map(str, arguments)],
        env={**os.environ, **SMALL, "POET_HOME": str(folder / "home")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def part():
    """A part of a table of 40 columns of numbers and 20 of text."""
    random = np.random.default_rng(0)
    base = np.round(random.normal(size=PART_ROWS), 3)
    codes = random.integers(0, 50, PART_ROWS)
    words = pl.Series([f"category number {i:03d} of the catalogue" for i in range(50)])
    numbers = {f"x{i:02d}": np.roll(base, i * 7919) for i in range(40)}
    texts = {f"t{i:02d}": words.gather(pl.Series(np.roll(codes, i * 131))) for i in range(20)}
    return pl.DataFrame({**numbers, **texts})


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A reference and a drifted window, each of 1.6 million rows, and their size in memory."""
    folder = tmp_path_factory.mktemp("large")
    frame = part()
    frame.write_parquet(folder / "part.parquet", row_group_size=100_000, compression="lz4")
    for name, shift in (("reference", 0.0), ("current", 0.3)):
        parts = pl.concat([pl.scan_parquet(folder / "part.parquet")] * PARTS)
        moved = parts.with_columns(pl.col("x03") + shift)
        moved.sink_parquet(folder / f"{name}.parquet", row_group_size=100_000, compression="lz4")
    return folder, int(frame.estimated_size()) * PARTS


@pytest.mark.skipif(
    not hasattr(pl.LazyFrame, "collect_batches"),
    reason="Polars before 1.34 maps whole files into the address space",
)
def test_larger_than_memory(large):
    """A night's data that outgrow the machine would end the monitor, not be monitored."""
    folder, size = large
    assert size > LIMIT
    whole = limited(
        "import sys, polars as pl; pl.read_parquet(sys.argv[1])",
        folder,
        folder / "reference.parquet",
    )
    assert whole.returncode not in (0, 10)  # there is no room for all of it at once
    code = """
import re, sys
from poet_domain_ml_monitoring.command import monitor
try:
    monitor(sys.argv[1:])
finally:
    status = open("/proc/self/status").read()
    print("peak", int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) * 1024)
"""
    page = folder / "report.html"
    done = limited(
        code, folder, folder / "current.parquet", "-r", folder / "reference.parquet", "--html", page
    )
    assert done.returncode == 10, done.stderr
    assert "Drift in 1 of 60 features" in done.stdout
    assert "1,600,000 current rows" in done.stdout
    assert "of 1,600,000 rows, shares within" in done.stdout  # of the reference
    peak = int(done.stdout.rsplit("peak ", 1)[1])
    assert peak < size / 3
    assert "x03" in page.read_text(encoding="utf-8")


def test_more_memory_than_needed_reads_every_row(large):
    """With room for the whole reference a sample would be drawn all the same."""
    folder, _ = large
    done = subprocess.run(
        [sys.executable, "-m", "poet", "monitor", folder / "current.parquet",
         "-r", folder / "reference.parquet", "--memory", "8GB", "--columns", "x02,x03,t00"],
        env={**os.environ, **SMALL, "POET_HOME": str(folder / "home")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 10, done.stderr
    assert "1,600,000 current rows against 1,600,000 reference rows" in done.stdout
    assert "sample" not in done.stdout


def test_limits_are_seen(tmp_path):
    """The command would take half of the machine's memory where it may have a tenth."""
    code = """
from poet_domain_ml_monitoring.command._memory import available
print(available())
"""
    done = limited(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert 0 < int(done.stdout) < LIMIT
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    assert soft == resource.RLIM_INFINITY or soft > LIMIT
