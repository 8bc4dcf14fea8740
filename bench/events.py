"""What storing events costs, as multiples of what the device allows, beside others, in one run.

    python -m bench.events [--quick] [--folder DIR] [--json FILE]

The floor is the device's own: one ``pwrite`` of an event's bytes and one ``fdatasync``, again and
again. Contestants take turns, one sample each a round, so that a change in what else the machine
does meets all of them alike. The table goes into ``docs/events.md``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import machine
from poet.events.envelope import Event, encode, new_event
from poet.events.queue import open_store

__all__ = ["main", "write_section"]

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "events.md"
BATCH, PROCESSES = 100, 4
PAYLOAD: dict[str, Any] = {
    "function": "detect_drift", "file": "app/drift.py", "version": "v3", "duration_ms": 12.4,
    "outcome": "returned", "error": None, "facts": {"status": "ok", "features": 12},
}  # fmt: skip
AIMS = {
    ("files", "one"): 0.6, ("files", "batch"): 4.0, ("files", "processes"): 1.0,
    ("sqlite", "one"): 0.6, ("sqlite", "batch"): 2.0,
    ("redis", "one"): 0.3, ("redis", "batch"): 1.0,
}  # fmt: skip
WORK = {
    "one": "`publish` of one event",
    "batch": f"`publish` of {BATCH}",
    "processes": f"{PROCESSES} processes, one event each time",
    "claim": f"`claim` and `ack` of {BATCH}",
}
Sample = Callable[[float], float]
"""Works for about so many seconds and returns events per second."""


def event() -> Event:
    """Return an event as a call of a decorated function makes it."""
    return new_event(
        "function.execution", PAYLOAD, correlation_id="0193a5f0-0000-7000-8000-000000000000"
    )


def _rate(step: Callable[[], int], seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        done += step()
    return done / spent


# Contestants ----------------------------------------------------------------------------------


def _floor(folder: Path) -> Sample:
    line = encode(event()) + b',"crc":"00000000"}\n'
    fd = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT)
    place = [0]

    def step() -> int:
        os.pwrite(fd, line, place[0])
        os.fdatasync(fd)
        place[0] += len(line)
        return 1

    return lambda seconds: _rate(step, seconds)


def _ours(url: str, folder: Path) -> dict[str, Sample]:
    home = folder / "home"
    store = open_store(url, home)

    def one() -> int:
        store.publish([event()._replace(correlation_id=None)])
        return 1

    def batch() -> int:
        store.publish([event()._replace(correlation_id=f"e{n}") for n in range(BATCH)])
        return BATCH

    def claim(seconds: float) -> float:
        for _ in range(3):
            batch()
        done, spent = 0, 0.0
        while spent < seconds:
            start = time.perf_counter()
            claims = store.claim("bench", limit=BATCH)
            store.ack(claims)
            spent += time.perf_counter() - start
            done += len(claims)
            if len(claims) < BATCH:
                batch()
        return done / spent

    def processes(seconds: float) -> float:
        command = [sys.executable, "-m", "bench.events", "--publish", url, str(home), str(seconds)]
        workers = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
            )
            for _ in range(PROCESSES)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()  # it is ready
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        return sum(float(worker.communicate()[0]) for worker in workers)

    return {
        "one": lambda seconds: _rate(one, seconds),
        "batch": lambda seconds: _rate(batch, seconds),
        "processes": processes,
        "claim": claim,
    }


def _publish(url: str, home: str, seconds: str) -> None:
    """Be one of several processes that publish: say ready, wait for the start, print the rate."""
    store = open_store(url, Path(home))
    store.publish([event()])
    print("ready", flush=True)
    sys.stdin.readline()

    def one() -> int:
        store.publish([event()._replace(correlation_id=None)])
        return 1

    print(_rate(one, float(seconds)))
    store.close()


def _plain_sqlite(folder: Path) -> dict[str, Sample]:
    """Return the standard library's SQLite with one table, WAL, synchronous=FULL."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, line BLOB)")

    def put(count: int) -> int:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO events (line) VALUES (?)", [(encode(event()),) for _ in range(count)]
        )
        connection.execute("COMMIT")
        return count

    return {
        "one": lambda seconds: _rate(lambda: put(1), seconds),
        "batch": lambda seconds: _rate(lambda: put(BATCH), seconds),
    }


def _persist_queue(folder: Path) -> dict[str, Sample]:
    """Return persist-queue's SQLite queue; it commits each put, and does not wait for the device."""
    import persistqueue

    queue = persistqueue.SQLiteAckQueue(str(folder / "persist"), auto_commit=True)

    def one() -> int:
        queue.put(encode(event()))
        return 1

    return {"one": lambda seconds: _rate(one, seconds)}


def _plain_redis(port: int) -> dict[str, Sample]:
    """Return redis-py's XADD, alone and in a pipeline."""
    import redis

    client = redis.Redis(port=port)

    def one() -> int:
        client.xadd("plain", {"line": encode(event())})
        return 1

    def batch() -> int:
        pipe = client.pipeline(transaction=False)
        for _ in range(BATCH):
            pipe.xadd("plain", {"line": encode(event())})
        pipe.execute()
        return BATCH

    return {
        "one": lambda seconds: _rate(one, seconds),
        "batch": lambda seconds: _rate(batch, seconds),
    }


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """Run redis-server on a free loopback port, every write on the device when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
         "--save", "", "--appendonly", "yes", "--appendfsync", "always",
         "--maxmemory-policy", "noeviction"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.01)
        yield port
    finally:
        process.kill()
        process.wait()


def storing(folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure events per second of each contestant, in turns; return medians and multiples."""
    with contextlib.ExitStack() as stack:
        sides: dict[tuple[str, str], Sample] = {("the device's floor", "one"): _floor(folder)}
        ours = {"files": "files", "sqlite": "sqlite:///bench.db"}
        if shutil.which("redis-server"):
            port = stack.enter_context(redis_server(folder / "server"))
            ours["redis"] = f"redis://127.0.0.1:{port}/0"
            sides |= {("plain Redis", work): s for work, s in _plain_redis(port).items()}
        for name, url in ours.items():
            (folder / name).mkdir()
            sides |= {(name, work): s for work, s in _ours(url, folder / name).items()}
        sides |= {("plain SQLite", work): s for work, s in _plain_sqlite(folder).items()}
        with contextlib.suppress(ImportError):
            sides |= {("persist-queue", work): s for work, s in _persist_queue(folder).items()}
        rates: dict[tuple[str, str], list[float]] = {side: [] for side in sides}
        for number in range(rounds + 1):
            for side, sample in sides.items():
                found = sample(seconds if number else 0.05)
                if number:  # the first round warms up
                    rates[side].append(found)
            print(".", end="", file=sys.stderr, flush=True)
    floor = rates["the device's floor", "one"]
    return {
        f"{name} | {work}": {
            "rate": statistics.median(found),
            "floors": statistics.median(r / f for r, f in zip(found, floor, strict=True)),
            "aim": AIMS.get((name, work)),
        }
        for (name, work), found in rates.items()
    }


def emitting(folder: Path, loops: int) -> dict[str, float]:
    """Return microseconds of ``emit`` and of its parts: build, serialise, append."""
    from poet.events import SegmentLog, emit, frame

    log = SegmentLog(folder / "parts")
    made = event()
    line = frame(encode(made))
    log.append_line(line)
    raw = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    home = folder / "emit"
    emit("function.execution", PAYLOAD, home=home)
    parts: dict[str, Callable[[], object]] = {
        "build (`new_event`)": event,
        "serialise (`encode`, CRC)": lambda: frame(encode(made)),
        "append (one `write`, one lock)": lambda: log.append_line(line),
        "of that, `os.write` alone": lambda: os.write(raw, line),
        "`emit` as a whole": lambda: emit("function.execution", PAYLOAD, home=home),
    }
    found = {
        name: statistics.median(timeit.repeat(part, number=loops, repeat=9)) / loops * 1e6
        for name, part in parts.items()
    }
    log.close()
    os.close(raw)
    return found


def _table(results: dict[str, Any]) -> str:
    facts = machine.facts()
    lines = [
        (
            f"Measured by `python -m bench.events` on {facts['processor']}, {facts['cores']} cores, "
            f"Python {facts['python']}, {facts['date']}; medians of {results['rounds']} rounds in which all "
            "took turns. × floor: events per second as a multiple of the device's own `pwrite` + "
            "`fdatasync`, in the same round."
        ),
        "",
        "| store | work | events per second | × floor | aim | met |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for name, row in results["storing"].items():
        side, _, work = name.partition(" | ")
        aim = row["aim"]
        met = "" if aim is None else "yes" if row["floors"] >= aim else "**no**"
        lines.append(
            f"| {side} | {'`pwrite` + `fdatasync`' if 'floor' in side else WORK[work]} | "
            f"{row['rate']:,.0f} | {row['floors']:.2f} | {'' if aim is None else f'≥ {aim:g}'} | {met} |"
        )
    lines += ["", "| `emit` on the call path | µs |", "| --- | ---: |"]
    lines += [f"| {name} | {us:.2f} |" for name, us in results["emit"].items()]
    return "\n".join(lines) + "\n"


def write_section(path: Path, name: str, text: str) -> None:
    """Put ``text`` between the page's marks ``<!-- name -->`` and ``<!-- /name -->``."""
    page = path.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}{text}{end}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look, too short to be believed")
    parser.add_argument("--folder", type=Path, help="on the device to measure (by default here)")
    parser.add_argument("--json", type=Path, help="write the results here too")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/events.md")
    parser.add_argument("--publish", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        _publish(*given.publish)
        return
    os.environ["POET_EVENTS"] = "1"
    rounds, seconds, loops = (2, 0.2, 2_000) if given.quick else (9, 1.0, 50_000)
    with tempfile.TemporaryDirectory(dir=given.folder or ROOT, prefix=".bench-events-") as folder:
        results = {
            "rounds": rounds,
            "storing": storing(Path(folder), rounds, seconds),
            "emit": emitting(Path(folder), loops),
        }
    print(_table(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if given.docs:
        write_section(DOCS, "storing", _table(results))


if __name__ == "__main__":
    main()
