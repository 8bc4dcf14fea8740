"""The limits that the design names, measured on this machine.

    python -m bench.limits [--quick] [--folder DIR] [--docs]

1,000 executions and 10,000 events a minute, 500 and 1,000 calls at once, what the events of a call
add to it at p95 and p99, thirty days' retention and one event of 1 MB.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import machine
from bench.events import DOCS, ROOT, event, write_section
from poet.errors import EventError
from poet.events.envelope import MAX_EVENT_BYTES, new_event, timestamp
from poet.events.queue import open_store

__all__ = ["Limit", "main"]

DAY_NS = 86_400 * 1_000_000_000
MODULE = """
from poet import poet

def direct(x):
    return sum(i * i for i in range(2000)) + x

@poet()
def decorated(x):
    return sum(i * i for i in range(2000)) + x
"""


class Limit(NamedTuple):
    """One limit: what was asked, what was measured, whether that is enough."""

    name: str
    asked: str
    measured: str
    met: bool


def _percentiles(times: Sequence[float]) -> str:
    cut = statistics.quantiles(times, n=100)
    return f"median {statistics.median(times) * 1e3:.2f}, p95 {cut[94] * 1e3:.2f}, p99 {cut[98] * 1e3:.2f} ms"


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _paced(
    call: Callable[[], object], a_minute: float, seconds: float
) -> tuple[list[float], float]:
    """Call at a steady rate; return each call's seconds and how many a minute there were."""
    step, times = 60 / a_minute, []
    start = due = time.perf_counter()
    while due - start < seconds:
        time.sleep(max(0.0, due - time.perf_counter()))
        times.append(_timed(call))
        due += step
    return times, len(times) / (time.perf_counter() - start) * 60


def _function(folder: Path) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Return a plain function and the same decorated, with its first version made."""
    (folder / "pyproject.toml").write_text("[project]\nname = 'limits'\n", encoding="utf-8")
    (folder / "limits_app.py").write_text(MODULE, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("limits_app")
    finally:
        sys.path.remove(str(folder))
    module.decorated(1)
    return module.direct, module.decorated


def executions(folder: Path, home: Path, seconds: float) -> list[Limit]:
    """Call a decorated function at 1,000 a minute, and 500 and 1,000 times at once."""
    direct, decorated = _function(folder)
    store = open_store("files", home)

    def stored() -> int:
        return sum(1 for _ in store.query("function.execution"))

    before = stored()
    times, rate = _paced(lambda: decorated(1), 1_000, seconds)
    plain, _ = _paced(lambda: direct(1), 1_000, seconds / 4)
    kept = stored() - before
    limits = [
        Limit(
            "executions a minute", "1,000",
            f"{rate:,.0f}; {kept:,} of {len(times):,} events stored; {_percentiles(times)} "
            f"(undecorated: {_percentiles(plain)})",
            rate > 990 and kept == len(times),
        )
    ]  # fmt: skip
    for count in (500, 1_000):
        before = stored()
        times = []
        gate = threading.Barrier(count)

        def call(times: list[float] = times, gate: threading.Barrier = gate) -> None:
            gate.wait()
            times.append(_timed(lambda: decorated(1)))

        threads = [threading.Thread(target=call) for _ in range(count)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole, kept = time.perf_counter() - start, stored() - before
        limits.append(
            Limit(
                "calls at once, in threads", f"{count:,}",
                f"all answered in {whole:.2f} s, {kept:,} events stored; {_percentiles(times)}",
                len(times) == count == kept,
            )
        )  # fmt: skip
    return limits


def stream(folder: Path, seconds: float) -> Limit:
    """Emit 10,000 events a minute while another thread claims and acknowledges."""
    store = open_store("files", folder / "stream")
    done, over = [0], threading.Event()

    def consume() -> None:
        while True:
            claims = store.claim("bench", limit=500)
            store.ack(claims)
            done[0] += len(claims)
            if not claims and over.is_set():
                return
            if len(claims) < 50:
                time.sleep(0.05)

    consumer = threading.Thread(target=consume)
    consumer.start()
    number = iter(range(10**9))
    times, rate = _paced(
        lambda: store.emit(event()._replace(correlation_id=f"e{next(number)}")), 10_000, seconds
    )
    waiting = store.counts()["waiting"]
    over.set()
    consumer.join()
    return Limit(
        "events a minute", "10,000",
        f"{rate:,.0f} emitted and {done[0]:,} of {len(times):,} consumed, {waiting:,} behind at the "
        f"end; emit {_percentiles(times)}",
        rate > 9_900 and done[0] == len(times),
    )  # fmt: skip


def retention(folder: Path, count: int) -> list[Limit]:
    """Keep forty days of acknowledged events, retire those over thirty days, read them back."""
    now = time.time_ns()
    limits = []
    for kind in ("files", "sqlite:///limits.db"):
        store = open_store(kind, folder / kind.partition(":")[0])
        first = now - 40 * DAY_NS
        for start in range(0, count, 1_000):
            store.publish(
                [
                    new_event("function.execution", {"function": "f", "n": n})._replace(
                        timestamp=timestamp(first + n * 40 * DAY_NS // count),
                        correlation_id=f"e{n}",
                    )
                    for n in range(start, min(count, start + 1_000))
                ]
            )
        while claims := store.claim("bench", limit=1_000):
            store.ack(claims)
        spent = _timed(lambda: limits.append(store.retire(30.0, now=now / 1e9)))  # noqa: B023
        gone = limits.pop()
        again = store.retire(30.0, now=now / 1e9)
        live = sum(1 for _ in store.query())
        found: list[int] = []
        reading = _timed(lambda: found.append(sum(1 for _ in store.query(archive=True))))  # noqa: B023
        store.close()
        limits.append(
            Limit(
                f"30-day retention, {kind.partition(':')[0]}", "older ones archived, none lost",
                f"{gone.events:,} of {count:,} archived in {spent:.1f} s, "
                f"{gone.bytes_before / max(gone.bytes_after, 1):.1f}× smaller; {live:,} live, "
                f"{found[0]:,} found with the archive in {reading:.1f} s",
                found[0] == count and live + gone.events + again.events == count and gone.events > 0,
            )
        )  # fmt: skip
    return limits


def large(folder: Path) -> list[Limit]:
    """Store an event of exactly 1 MB and refuse a larger one, in each local store."""
    limits = []
    for kind in ("files", "sqlite:///large.db"):
        store = open_store(kind, folder / f"large-{kind.partition(':')[0]}")
        made = new_event("feature.discovery", {"text": ""}, correlation_id="one")
        from poet.events.envelope import encode

        room = MAX_EVENT_BYTES - len(encode(made))
        whole = made._replace(payload={"text": "x" * room})
        spent = _timed(lambda: store.publish([whole]))  # noqa: B023
        same = next(iter(store.query("feature.discovery"))) == whole
        try:
            store.publish([made._replace(id="", payload={"text": "x" * (room + 37)})])
        except EventError:
            refused = True
        else:
            refused = False
        store.close()
        limits.append(
            Limit(
                f"one event, {kind.partition(':')[0]}", f"{MAX_EVENT_BYTES:,} bytes",
                f"durable in {spent * 1e3:.0f} ms, read back {'equal' if same else 'DIFFERENT'}; one "
                f"byte more is {'refused' if refused else 'TAKEN'}",
                same and refused,
            )
        )  # fmt: skip
    return limits


def _table(limits: Sequence[Limit], seconds: float) -> str:
    facts = machine.facts()
    lines = [
        (
            f"Measured by `python -m bench.limits` on {facts['processor']}, {facts['cores']} cores, Python "
            f"{facts['python']}, {facts['date']}; each rate held for {seconds:g} s."
        ),
        "",
        "| limit | asked | measured | met |",
        "| --- | ---: | --- | --- |",
    ]
    lines += [
        f"| {x.name} | {x.asked} | {x.measured} | {'yes' if x.met else '**no**'} |" for x in limits
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look, too short to be believed")
    parser.add_argument("--folder", type=Path, help="on the device to measure (by default here)")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/events.md")
    given = parser.parse_args()
    seconds, count = (4.0, 4_000) if given.quick else (60.0, 100_000)
    os.environ["POET_EVENTS"] = "1"
    os.environ["POET_MODE"] = "auto"
    with tempfile.TemporaryDirectory(dir=given.folder or ROOT, prefix=".bench-events-") as name:
        folder = Path(name)
        os.environ["POET_HOME"] = str(folder / "home")
        (folder / "app").mkdir()
        limits = [
            *executions(folder / "app", folder / "home", seconds),
            stream(folder, seconds),
            *retention(folder, count),
            *large(folder),
        ]
    print(_table(limits, seconds))
    if given.docs:
        write_section(DOCS, "limits", _table(limits, seconds))
    sys.exit(not all(limit.met for limit in limits))


if __name__ == "__main__":
    main()
