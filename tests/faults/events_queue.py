"""Faults of use: leases, poison, clocks, forks, crowds, retention beside readers, Redis down."""

# ruff: noqa: B023 - what a child runs is forked within the round it is defined in

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from events_world import (
    LEASE,
    BrokenError,
    Marks,
    Noted,
    World,
    check,
    consume_some,
    make,
    publish_some,
    publisher,
    read_all,
)  # fmt: skip

from poet.errors import EventStoreError
from poet.events.envelope import Event
from poet.events.store import MAX_ATTEMPTS, Claim, EventStore

DAY = 86400


def _must(good: object, what: str) -> None:
    if not good:
        raise BrokenError(what)


def _claims(store: EventStore, name: str, want: int, lease: float = 30.0) -> list[Claim]:
    """Claim until so many came or the time is over."""
    found: list[Claim] = []
    deadline = time.monotonic() + 10
    while len(found) < want and time.monotonic() < deadline:
        found += store.claim(name, limit=want - len(found), lease=lease)
        time.sleep(0.005)
    return found


def stopped_consumers(world: World, count: int) -> Iterator[str]:
    """A consumer stops past its lease, another takes over, the first wakes up and acknowledges."""
    for number in range(count):
        world.fresh()
        with world.store() as store:
            events = [make(n) for n in range(3)]
            store.publish(events)

            def sleeper(marks: Marks) -> None:
                with world.store() as mine:
                    claims = _claims(mine, "sleeper", 3, LEASE)
                    marks.note("got", *(f"{c.event.id}#{c.attempt}" for c in claims))
                    os.kill(os.getpid(), signal.SIGSTOP)
                    if number % 2:
                        mine.nack(claims, reason="too late")
                    else:
                        mine.ack(claims)
                    mine.ack(claims)
                    _must(not mine.claim("sleeper"), "an acknowledged event is delivered again")

            pid, _ = world.child(sleeper)
            os.waitpid(pid, os.WUNTRACED)
            claims = _claims(store, "awake", 3)
            _must(
                {c.event.id for c in claims} == {e.id for e in events},
                "not delivered after the lease",
            )
            _must(
                all(c.attempt == 2 for c in claims),
                f"attempts {[c.attempt for c in claims]}, not 2",
            )
            store.ack(claims)
            os.kill(pid, signal.SIGCONT)
            _must(world.wait(pid) == 0, f"the one that woke up: {world.marked().errors[:1]}")
            _must(not store.claim("awake"), "DELIVERED AGAIN: a late nack undid an ack")
            _must(store.counts()["done"] == 3, f"counts {store.counts()}")
        yield "consumer stopped past its lease"


def poison(world: World, count: int) -> Iterator[str]:
    """An event that nobody can deal with becomes a dead letter, and those behind it go on."""
    for number in range(count):
        world.fresh()
        with world.store() as store:
            bad, behind, other = make(1, "key"), make(2, "key"), make(3, "other")
            store.publish([bad, behind, other])
            seen: list[int] = []
            deadline = time.monotonic() + 20
            while not store.dead() and time.monotonic() < deadline:
                claims = store.claim("a", limit=10, lease=0.05)
                ids = [c.event.id for c in claims]
                for claim in claims:
                    if claim.event.id == bad.id:
                        seen.append(claim.attempt)
                        if number % 2 == 0:
                            store.nack([claim], reason="cannot be read")
                    elif claim.event.id == other.id:
                        store.ack([claim])
                    else:  # a claim may hold the next of a key too, behind the one that fails
                        before = ids.index(bad.id) if bad.id in ids else -1
                        _must(before >= 0 or store.dead(), "an event overtook one of its key")
                        _must(before < ids.index(behind.id), "a claim is out of order")
                        store.nack([claim], reason="its turn has not come")
                time.sleep(0.002)
            _must(seen == list(range(1, MAX_ATTEMPTS + 1)), f"delivered as attempts {seen}")
            letter = store.dead()[0]
            _must(letter.event == bad and letter.attempts == MAX_ATTEMPTS, f"{letter}")
            _must(
                letter.reason == "cannot be read" if number % 2 == 0 else letter.reason, f"{letter}"
            )
            claims = _claims(store, "a", 1)
            _must([c.event.id for c in claims] == [behind.id], "the one behind is not delivered")
            store.ack(claims)
            _must(store.revive([bad.id]) == 1, "a dead letter is not revived")
            claims = _claims(store, "a", 1)
            _must([(c.event.id, c.attempt) for c in claims] == [(bad.id, 1)], f"revived: {claims}")
            store.ack(claims)
            _must(store.dead() == [], "a revived letter is still dead")
            _must(store.counts()["done"] == 3, f"counts {store.counts()}")
        yield "poison to dead letter"


def clock(world: World, count: int) -> Iterator[str]:
    """Let the clock jump a day back or forth: between processes, within one, while events are held."""
    for number in range(count):
        world.fresh()
        jump = (-DAY, DAY, -DAY, -3)[number % 4]
        jumps = {"n": 0.0}
        key = "same"
        first, second = [make(n, key) for n in range(3)], []

        def writer(marks: Marks, events: list[Event], shift: float) -> None:
            with _shifted({"n": shift}), world.store() as mine:
                for event in events:
                    marks.note("try", event.id)
                    mine.publish([event])
                    marks.note("pub", event.id)

        pid, _ = world.child(lambda marks: writer(marks, first, 0.0))
        _must(world.wait(pid) == 0, f"{world.marked().errors[:1]}")
        with _shifted({"n": jump}):
            second = [make(n + 10, key) for n in range(3)]
        pid, _ = world.child(lambda marks: writer(marks, second, jump))
        _must(world.wait(pid) == 0, f"after the jump: {world.marked().errors[:1]}")
        order: list[str] = []
        with _shifted(jumps), world.store() as store:
            claims = _claims(store, "a", 1, LEASE)
            jumps["n"] = jump
            time.sleep(LEASE * 1.2)
            again = _claims(store, "b", 1, LEASE)
            _must(again, f"the clock jumped by {jump} s: what is held is never delivered again")
            _must(
                [c.event.id for c in again] == [c.event.id for c in claims],
                "another event came first",
            )
            store.ack(again)
            order += [c.event.id for c in again]
            while claims := _claims(store, "b", 1) if len(order) < 6 else []:
                order += [c.event.id for c in claims]
                store.ack(claims)
            _must(
                order == [e.id for e in first + second],
                f"the clock jumped by {jump} s: events of one key came in another order than stored",
            )
            _must(len(read_all(store)) == 6, "events are LOST after a jump of the clock")
        world.judge(_with_acks(world, order))
        yield "clock a day back" if jump == -DAY else "clock jump"


def _with_acks(world: World, ids: list[str]) -> Noted:
    noted = world.marked()
    noted.acked |= set(ids)
    return noted


class _shifted:  # noqa: N801 - a context manager
    """Shift the process's wall clock."""

    def __init__(self, jumps: dict[str, float]) -> None:
        self.jumps = jumps
        self.real: dict[str, Callable[..., Any]] = {}

    def __enter__(self) -> None:
        self.real = {n: getattr(time, n) for n in ("time", "time_ns", "gmtime")}
        real, jumps = self.real, self.jumps
        time.time = lambda: real["time"]() + jumps["n"]
        time.time_ns = lambda: real["time_ns"]() + int(jumps["n"] * 1e9)
        time.gmtime = lambda *a: real["gmtime"](*(a or (time.time(),)))

    def __exit__(self, *_: object) -> None:
        for name, function in self.real.items():
            setattr(time, name, function)


def forks(world: World, count: int) -> Iterator[str]:
    """Fork after the store was opened and used, also while another thread is publishing."""
    for number in range(count):
        world.fresh()
        marks = Marks(world.marks / "parent")
        with world.store() as store:
            publish_some(store, marks, 0, random.Random(number))
            consume_some(store, marks, "parent", 2)
            stop = threading.Event()

            def busy() -> None:
                n = 1
                while not stop.is_set():
                    publish_some(store, marks, n, random.Random(n))
                    n += 1
                    time.sleep(0.0005)

            threads = [threading.Thread(target=busy) for _ in range(2 * (number % 2))]
            for thread in threads:
                thread.start()

            def forked(mine: Marks) -> None:
                for n in range(5):
                    publish_some(store, mine, 100 + n, random.Random(os.getpid() + n))
                    consume_some(store, mine, f"child{os.getpid()}", 3)

            time.sleep(0.005)
            try:
                pids = [world.child(forked)[0] for _ in range(3)]
                publish_some(store, marks, 999, random.Random(number))
                codes = [world.wait(pid) for pid in pids]
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            _must(codes == [0, 0, 0], f"a forked child: {codes} {world.marked().errors[:1]}")
            publish_some(store, marks, 1000, random.Random(number))
        marks.close()
        world.judge()
        yield "fork after open"


def crowds(world: World, count: int) -> Iterator[str]:
    """Eight writers and four consumers at once, in processes: 8 times 25 publishes, 8 in a sample."""
    publishes = 25 if count > 1 else 8
    for _ in range(count):
        world.fresh()
        writers = [
            world.child(publisher(world, world.random.randrange(2**32), publishes))[0]
            for _ in range(8)
        ]
        done = world.folder / "done"
        done.unlink(missing_ok=True)

        def consume(marks: Marks) -> None:
            with world.store() as store:
                while True:
                    over = done.exists()
                    if consume_some(store, marks, f"c{os.getpid()}", 20, 20.0):
                        continue
                    counts = store.counts()
                    if over and not counts["waiting"] and not counts["claimed"]:
                        return
                    time.sleep(0.003)

        consumers = [world.child(consume)[0] for _ in range(4)]
        codes = [world.wait(pid, 120) for pid in writers]
        done.touch()
        codes += [world.wait(pid, 120) for pid in consumers]
        noted = world.marked()
        _must(not any(codes), f"{codes} {noted.errors[:1]}")
        _must(len(noted.got) == len(set(noted.got)), "one attempt went to two consumers")
        attempts = [g for g in noted.got if not g.endswith("#1")]
        _must(not attempts, f"{len(attempts)} redeliveries though every lease was kept")
        _must(
            {g.partition("#")[0] for g in noted.got} == noted.tried, "not every event was delivered"
        )
        world.judge(noted)
        yield "8 writers, 4 consumers"


def order(world: World, count: int) -> Iterator[str]:
    """Three consumers, few keys, some hand back: of one key, no event comes before an earlier one."""
    for number in range(count):
        world.fresh()
        generator = random.Random(number)
        events = [make(n, f"key{generator.randrange(4)}") for n in range(60)]
        with world.store() as store:
            store.publish(events[:30])
            for event in events[30:]:
                store.publish([event])
        log = world.folder / "order"
        log.unlink(missing_ok=True)

        def consume(marks: Marks, seed: int) -> None:
            mine = random.Random(seed)
            with world.store() as store, log.open("ab", buffering=0) as out:
                while True:
                    claims = store.claim(f"c{seed}", limit=mine.choice((1, 4, 30)), lease=20.0)
                    failed: set[str | None] = set()  # what follows in the key waits too
                    good = []
                    for claim in claims:
                        if mine.random() < 0.15:
                            failed.add(claim.event.correlation_id)
                        if claim.event.correlation_id not in failed:
                            good.append(claim)
                    for claim in good:
                        out.write(
                            f"{claim.event.correlation_id} {claim.event.payload['n']}\n".encode()
                        )
                    store.ack(good)
                    store.nack([c for c in claims if c not in good])
                    if not claims:
                        counts = store.counts()
                        if not counts["waiting"] and not counts["claimed"]:
                            return
                        time.sleep(0.002)

        pids = [world.child(lambda m, s=s: consume(m, s))[0] for s in range(3)]
        codes = [world.wait(pid, 120) for pid in pids]
        _must(not any(codes), f"{codes} {world.marked().errors[:1]}")
        with world.store() as store:
            dead = {letter.event.payload["n"] for letter in store.dead()}
        of_key: dict[str, list[int]] = {}
        for line in log.read_text().splitlines():
            key, n = line.split()
            of_key.setdefault(key, []).append(int(n))
        for key, found in of_key.items():
            _must(found == sorted(found), f"{key} was dealt with in the order {found}")
        _must(
            sum(map(len, of_key.values())) + len(dead) == 60, "not every event was dealt with once"
        )
        yield "order within a key"


def retention(world: World, count: int) -> Iterator[str]:
    """Clear away in a loop while others publish, acknowledge and read everything."""
    for number in range(count):
        world.fresh()
        stop = world.folder / "stop"
        stop.unlink(missing_ok=True)

        def until_stopped(step: Callable[[EventStore, Marks], None]) -> Callable[[Marks], None]:
            def work(marks: Marks) -> None:
                with world.store() as store:
                    while not stop.exists():
                        step(store, marks)

            return work

        generator = random.Random(number)

        def write(store: EventStore, marks: Marks) -> None:
            publish_some(store, marks, 1, generator)
            consume_some(store, marks, "a", 20, 20.0)

        def retire(store: EventStore, marks: Marks) -> None:
            store.retire(0.0, now=time.time() + DAY)
            time.sleep(0.002)

        def read(store: EventStore, marks: Marks) -> None:
            due = world.marked()
            missing = (due.published | due.emitted) - read_all(store).keys()
            _must(not missing, f"a reader missed {len(missing)} events that were being archived")
            for event in store.query(limit=5, newest_first=True):
                check(event)

        pids = [world.child(until_stopped(step))[0] for step in (write, write, retire, read, read)]
        world.look_for_marks(15_000 if count > 1 else 5_000)
        time.sleep(0.1)
        stop.touch()
        codes = [world.wait(pid, 120) for pid in pids]
        _must(not any(codes), f"{codes} {world.marked().errors[:1]}")
        world.judge()
        with world.store() as store:
            store.retire(0.0, now=time.time() + DAY)
            archived, stored = store.counts()["archived"], len(read_all(store))
            _must(archived > 0, f"nothing was archived of {stored}")
        yield "retention beside readers"


def down(world: World, count: int) -> Iterator[str]:
    """Kill redis-server under load, publish while it is down, start it again."""
    if world.kind != "redis":
        yield "skipped: only Redis is a service"
        return
    for number in range(count):
        long = number % 2 == 0  # longer than a publish waits for it
        world.fresh()
        assert world.server is not None
        resumed = world.folder / "resumed"
        resumed.unlink(missing_ok=True)

        def work(marks: Marks) -> None:
            world.timeout = 0.5
            generator = random.Random(3)
            failed = good = 0
            with world.store() as store:
                while good < 12:
                    events = [make(good, None) for _ in range(generator.choice((1, 1, 8)))]
                    marks.note("try", *(e.id for e in events))
                    try:
                        if generator.random() < 0.2:
                            events = events[:1]
                            store.emit(events[0])
                            marks.note("emit", events[0].id)
                        else:
                            store.publish(events)
                            marks.note("pub", *(e.id for e in events))
                        if generator.random() < 0.3:
                            consume_some(store, marks, "a", 4, 0.3)
                    except EventStoreError:
                        failed += 1
                        marks.note("failed")
                        time.sleep(0.005)
                        continue
                    good += resumed.exists()
                if long and not failed:
                    raise BrokenError("publish returned while Redis was down")

        pid, _ = world.child(work)
        world.look_for_marks(world.random.randrange(200, 3000), pid)
        server = world.server
        server.kill()
        time.sleep(1.3 if long else 0.1)
        server.start()
        resumed.touch()
        _must(world.wait(pid, 120) == 0, f"{world.marked().errors[:1]}")
        world.judge()
        yield "Redis killed and back"
