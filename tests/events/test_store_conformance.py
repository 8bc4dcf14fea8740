"""What every store promises, each sentence of the protocol, over all three of them."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time

import pytest
from event_store_helpers import drain, make, numbers, several
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poet.errors import EventError, EventStoreError
from poet.events.store import GROUP, MAX_ATTEMPTS, Claim


def states(store, group=GROUP):
    return {k: n for k, n in store.counts(group=group).items() if n}


def test_events_come_back_as_they_were(store):
    """A float, an emoji or a null would come out of the queue as something else."""
    payload = {
        "n": 1, "float": 0.1 + 0.2, "big": 2**60, "text": "ü\n\0 🎯 \u2028 \"'", "none": None,
        "deep": [{"a": [1, [True, {}]]}], "": "empty",
    }  # fmt: skip
    given = make()._replace(payload=payload, correlation_id="c ü", causation_id="d")
    store.publish([given])
    assert list(store.query()) == [given]
    (claim,) = store.claim("c")
    assert claim.event == given
    assert claim.attempt == 1


def test_what_another_process_stored_is_here(world, store):
    """Feedback given in one process would not reach the learning in another."""
    done = world.run(
        """
        store.publish([new_event("a.b", {"n": n}, correlation_id=str(n)) for n in range(3)])
        store.emit(new_event("a.b", {"n": 3}, correlation_id="3"))
        store.close()
        """
    )
    assert done.returncode == 0, done.stderr
    assert numbers(store.query("a.b")) == [0, 1, 2, 3]
    assert sorted(numbers(store.claim("c"))) == [0, 1, 2, 3]


def test_emitted_events_survive_a_kill(world):
    """The events that tell why a process died would die with it."""
    done = world.run(
        """
        for n in range(50):
            store.emit(new_event("a.b", {"n": n}, correlation_id=str(n)))
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert done.returncode == -9, done.stderr
    store = world.open()
    assert sorted(numbers(drain(store))) == list(range(50))
    assert numbers(store.query()) == list(range(50))


@pytest.mark.parametrize("bad", [float("nan"), {("a", 1): 2}, object(), "x" * 1_100_000])
def test_one_bad_event_stores_none_of_its_batch(store, bad):
    """Half a batch would be stored, and all of it published again after the error."""
    event = make(1)._replace(payload={"n": 1, "bad": bad})
    with pytest.raises(EventError, match=r"bad|bytes"):
        store.publish([make(0), event, make(2)])
    with pytest.raises(EventError):
        store.emit(event)
    assert list(store.query()) == []


def test_a_megabyte_passes(store):
    """The largest event that may be sent could not be stored."""
    event = make(0, "x", text="y" * 1_000_000)
    store.publish([event])
    assert [c.event for c in store.claim("c")] == [event]


def test_nothing_to_do_is_no_error(store):
    """An empty batch would fail in production and nowhere else."""
    store.publish([])
    store.ack([])
    store.nack([])
    assert store.restore([]) == 0
    assert store.revive([]) == 0
    assert store.claim("c", limit=0) == []
    assert store.claim("c") == []
    assert store.dead() == []
    assert list(store.query()) == []
    assert list(store.export()) == []
    assert states(store) == {}


def test_published_twice_is_stored_once(store):
    """A publisher that repeats itself after a time-out would have its feedback counted twice."""
    event = make(1, "a")
    store.publish([event])
    store.publish([event, make(2, "b")])
    assert numbers(store.query()) == [1, 2]


def test_what_is_held_is_delivered_to_nobody_else(world, store):
    """Two learners would both count one piece of feedback."""
    store.publish(several(10))
    first = store.claim("a", limit=4)
    assert numbers(first) == [0, 1, 2, 3]
    assert numbers(world.open().claim("b", limit=4)) == [4, 5, 6, 7]
    assert numbers(store.claim("a")) == [8, 9]
    assert store.claim("c") == []
    assert states(store) == {"claimed": 10}


def test_acknowledged_is_done_for_good(world, store):
    """What was learnt from would be learnt again after every restart."""
    store.publish(several(5))
    claims = store.claim("a", lease=0.01)
    store.ack(claims)
    store.ack(claims)
    store.close()
    time.sleep(0.05)
    other = world.open()
    assert other.claim("b") == []
    assert states(other) == {"done": 5}
    assert numbers(other.query()) == [0, 1, 2, 3, 4]


def test_each_group_is_delivered_everything_once(store):
    """A second consumer of the queue would take the first one's events."""
    store.publish(several(3))
    assert numbers(drain(store, group="one")) == [0, 1, 2]
    store.publish(several(2, 3))
    assert numbers(drain(store, group="two")) == [0, 1, 2, 3, 4]
    assert numbers(drain(store, group="one")) == [3, 4]
    assert store.groups() == ["one", "two"]


def test_after_the_lease_it_comes_again(store):
    """What a consumer held when it died would be lost; or a slow one's work would not count."""
    store.publish(several(2))
    held = store.claim("dead", lease=0.05)
    assert [c.attempt for c in held] == [1, 1]
    time.sleep(0.1)
    again = store.claim("alive", lease=60)
    assert [c.attempt for c in again] == [2, 2]
    assert [c.event for c in again] == [c.event for c in held]
    store.nack(held, reason="too late")  # its claims are another's now
    assert store.claim("third") == []
    store.ack(held[:1])  # late, but it was dealt with
    store.ack(again)
    assert states(store) == {"done": 2}


def test_a_shorter_lease_beside_a_longer(store):
    """A lease would be as long as whoever claims next takes it to be."""
    store.publish(several(2))
    store.claim("long", limit=1, lease=60)
    store.claim("short", limit=1, lease=0.05)
    time.sleep(0.1)
    assert numbers(store.claim("next", lease=0.01)) == [1]


def test_handed_back_comes_again_after_its_delay(store):
    """A consumer that waits for a server would be given the same event in a tight loop."""
    store.publish(several(2))
    first, second = store.claim("a")
    store.nack([first], reason="later", delay=1.5)
    store.nack([second], reason="now")
    assert [(c.event.payload["n"], c.attempt) for c in store.claim("a")] == [(1, 2)]
    assert states(store) == {"waiting": 1, "claimed": 1}
    time.sleep(1.6)
    assert [(c.event.payload["n"], c.attempt) for c in store.claim("a")] == [(0, 2)]


def test_a_poison_event_becomes_a_dead_letter(store):
    """One event that nobody can deal with would stop all learning."""
    store.publish([make(7, "poison"), make(8, "fine")])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        for claim in store.claim("c"):
            if claim.event.payload["n"] == 8:
                store.ack([claim])
            else:
                assert claim.attempt == attempt
                store.nack([claim], reason=f"cannot {attempt}")
    assert store.claim("c") == []
    (letter,) = store.dead()
    assert letter.event.payload == {"n": 7}
    assert (letter.attempts, letter.reason) == (MAX_ATTEMPTS, f"cannot {MAX_ATTEMPTS}")
    assert letter.time[:2] == "20"
    assert states(store) == {"done": 1, "dead": 1}
    assert store.dead(group="another") == []


def test_a_poison_that_kills_its_consumers_dies_too(store):
    """An event that crashes whoever reads it would crash every consumer, for ever."""
    store.publish([make(7, "poison")])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (claim,) = store.claim("c", lease=0.01)
        assert claim.attempt == attempt
        time.sleep(0.03)
    assert [(x.attempts, x.reason) for x in store.dead()] == [(MAX_ATTEMPTS, "its lease ended")]
    assert store.claim("c") == []


def test_a_poison_takes_no_other_with_it(store):
    """Everything that was claimed together with a crashing event would be given up with it."""
    store.publish([make(n, f"k{n}") for n in range(4)])
    done = []
    for _ in range(40):
        claims = store.claim("c", lease=0.01)
        for claim in claims:
            if claim.event.payload["n"] == 1:
                break  # the consumer dies here, with what follows in its batch
            store.ack([claim])
            done.append(claim.event.payload["n"])
        time.sleep(0.015)
        if states(store).get("dead") and not states(store).get("waiting"):
            break
    assert sorted(done) == [0, 2, 3]
    assert numbers(store.dead()) == [1]


def test_a_dead_letter_lives_again(store):
    """After the defect is mended, what it broke could not be dealt with."""
    store.publish([make(1, "a"), make(2, "b")])
    for _ in range(MAX_ATTEMPTS):
        store.nack(store.claim("c"), reason="no")
    letters = store.dead()
    assert numbers(letters) == [1, 2]
    gone = letters[0].event.id
    assert store.revive([gone, "unknown", gone]) == 1
    assert numbers(store.dead()) == [2]
    (claim,) = store.claim("c")
    assert (claim.event.id, claim.attempt) == (gone, 1)
    store.ack([claim])
    assert store.revive([gone]) == 0
    assert states(store) == {"done": 1, "dead": 1}


def test_one_matter_in_its_order(world, store):
    """Feedback would be handled before the execution that it is about."""
    store.publish([make(0, "x"), make(1, "y"), make(2, "x"), make(3, "x")])
    first = store.claim("a")
    assert numbers(first) == [0, 1]
    other = world.open()
    assert other.claim("b") == []
    store.nack([first[0]], delay=1.5)
    assert other.claim("b") == []  # 2 waits for 0, which waits for its time
    time.sleep(1.6)
    (again,) = other.claim("b")
    assert numbers([again]) == [0]
    other.ack([again])
    (third,) = store.claim("a")
    assert numbers([third]) == [2]
    for _ in range(MAX_ATTEMPTS):
        store.nack([third], reason="no")
        third = next(iter(store.claim("a", limit=1)), third)
    assert numbers(store.dead()) == [2]
    assert numbers([third]) == [3]


def test_one_process_in_its_order(world, store):
    """Events about nothing in particular would be handled in any order."""
    store.publish([make(n) for n in range(5)])
    first = store.claim("a", limit=2)
    assert numbers(first) == [0, 1][: len(first)]
    assert world.open().claim("b") == []
    store.ack(first)
    rest = numbers(drain(store, limit=2))
    assert [*numbers(first), *rest] == [0, 1, 2, 3, 4]


def test_queries(store):
    """A question about one function, one type or one day would be answered with others' events."""
    store.publish([
        make(0, "x", days_ago=3, function="f")._replace(type="drift.detected"),
        make(1, "y", days_ago=2, function="g")._replace(type="drift.validation"),
        make(2, "x", days_ago=1, function="f")._replace(type="drifting.away"),
        make(3, None, function="f")._replace(type="drift.validation.late"),
    ])  # fmt: skip
    store.ack(store.claim("c", limit=2))

    def ask(*given, **options):
        return numbers(store.query(*given, **options))

    assert ask() == [0, 1, 2, 3]
    assert ask(newest_first=True) == [3, 2, 1, 0]
    assert ask(limit=2) == [0, 1]
    assert ask(limit=2, newest_first=True) == [3, 2]
    assert ask(limit=0) == []
    assert ask("drift.detected") == [0]
    assert ask("drift.*") == [0, 1, 3]
    assert ask("drift") == []
    assert ask("drift.validation.*") == [3]
    assert ask(function="f") == [0, 2, 3]
    assert ask("drift.*", function="f", newest_first=True) == [3, 0]
    assert ask(correlation_id="x") == [0, 2]
    times = [e.timestamp for e in store.query()]
    assert times == sorted(times)
    assert ask(since=times[1]) == [1, 2, 3]
    assert ask(until=times[1]) == [0]
    assert ask(since=times[1], until=times[3], correlation_id="x") == [2]


def test_order_of_time_is_not_that_of_storing(store):
    """Events that arrive late from another machine would be shown as if they were new."""
    order = [3, 1, 4, 0, 2]
    events = [make(n, str(n), days_ago=5 - n) for n in range(5)]
    for n in order:
        store.publish([events[n]])
    assert numbers(store.query()) == [0, 1, 2, 3, 4]
    assert numbers(drain(store)) in (order, [0, 1, 2, 3, 4])


def test_many_at_one_instant(store):
    """A page of a long answer that ends between two events of one time would lose or repeat some."""
    at = make().timestamp
    store.publish([e._replace(timestamp=at) for e in several(1203)])
    assert sorted(numbers(store.query())) == list(range(1203))
    assert sorted(numbers(store.query(newest_first=True))) == list(range(1203))
    assert len(numbers(store.query(since=at, limit=1000))) == 1000


def test_retention(world, store):
    """The disk would fill, or events that nobody has dealt with yet would be gone."""
    store.publish([make(n, f"k{n}", days_ago=40 - 10 * n) for n in range(4)])
    claims = store.claim("c", group="learn")
    store.ack(claims[:1])
    other = store.claim("c", group="other", limit=1)
    assert store.retire(15.0).events == 0  # of the old ones none is done by both groups
    store.ack(other, group="other")
    store.ack(claims[1:])
    done = store.retire(15.0)
    assert done.events == 1
    assert done.bytes_before > 0
    assert done.bytes_after > 0
    assert numbers(store.query()) == [1, 2, 3]
    assert numbers(store.query(archive=True)) == [0, 1, 2, 3]
    assert numbers(store.query(archive=True, newest_first=True, limit=3)) == [3, 2, 1]
    assert store.counts()["archived"] == 1
    assert numbers(drain(store, group="other")) == [1, 2, 3]
    assert store.retire(15.0).events == 2
    assert store.retire(15.0).events == 0
    assert numbers(world.open().query(archive=True)) == [0, 1, 2, 3]
    archive = list((world.home / "events" / "archive").glob("*.jsonl.gz"))
    assert archive
    store.publish(several(2, 10))
    assert numbers(drain(store, group="learn")) == [10, 11]


def test_dead_letters_outlive_retention(store):
    """What was given up could not be looked at after a month."""
    store.publish([make(1, "a", days_ago=99)])
    for _ in range(MAX_ATTEMPTS):
        store.nack(store.claim("c"), reason="no")
    store.retire(30.0)
    (letter,) = store.dead()
    assert letter.event.payload["n"] == 1
    assert store.revive([letter.event.id]) == 1
    assert numbers(drain(store)) == [1]


def test_counts(store):
    """Nobody could tell how far learning is behind."""
    store.publish(several(6))
    assert states(store) == {"waiting": 6}
    claims = store.claim("c", limit=4)
    store.ack(claims[:1])
    store.nack(claims[1:2], delay=60)
    assert states(store) == {"waiting": 3, "claimed": 2, "done": 1}
    assert set(store.counts()) == {"waiting", "claimed", "done", "dead", "damaged", "archived"}
    assert states(store, "nobody") == {"waiting": 6}


def test_closed_is_opened_again(store):
    """A worker that closed its store at the end of a job could not take the next."""
    store.publish(several(1))
    store.close()
    store.publish(several(1, 1))
    store.close()
    assert numbers(drain(store)) == [0, 1]
    store.close()
    store.close()


def test_foreign_claims_are_refused_and_change_nothing(store):
    """A mix-up of two stores would acknowledge events that nobody has dealt with."""
    store.publish(several(2))
    for token in ("", "nonsense", "1-2-3", "x.y"):
        with pytest.raises(EventStoreError, match="claim"):
            store.ack([Claim(make(), 1, token)])
    assert numbers(drain(store)) == [0, 1]


def test_many_threads(store):
    """Threads that share a store would lose or repeat each other's events."""
    found: list[int] = []
    failed: list[BaseException] = []

    def guarded(work, *given):
        def run():
            try:
                work(*given)
            except BaseException as error:  # noqa: BLE001
                failed.append(error)

        return threading.Thread(target=run)

    def publishing(who):
        for n in range(10):
            store.publish([make(100 * who + n, f"{who}-{n}")])
            store.emit(make(100 * who + n + 50, f"{who}-{n + 50}"))

    def consuming(who):
        while len(found) < 80 and not failed:
            claims = store.claim(f"c{who}", limit=5)
            store.ack(claims)
            found.extend(numbers(claims))
            time.sleep(0.002)

    threads = [guarded(publishing, w) for w in range(4)] + [guarded(consuming, w) for w in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert sorted(found) == sorted(
        100 * w + n + k for w in range(4) for n in range(10) for k in (0, 50)
    )


def test_a_fork_after_opening(store):
    """A server that forks its workers after a first event would lose what they publish, or hang."""
    store.publish([make(0, "parent")])
    child = os.fork()
    if child == 0:
        try:
            store.publish([make(1, "child")])
            store.emit(make(2, "child too"))
            ok = len(list(store.query())) >= 2
            store.close()
        except BaseException:  # noqa: BLE001
            ok = False
        os._exit(0 if ok else 1)
    store.publish([make(3, "parent again")])
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(numbers(drain(store))) == [0, 1, 2, 3]


WRITER = """
who = int(sys.argv[3])
for n in range(int(sys.argv[4])):
    event = new_event("a.b", {"n": who * 1000 + n}, correlation_id=f"{who}-{n % 3}")
    store.emit(event) if n % 4 == 0 else store.publish([event])
store.close()
"""
READER = """
total, path = int(sys.argv[3]), Path(sys.argv[4])
with path.open("a") as file:
    while True:
        claims = store.claim(str(os.getpid()), limit=7, lease=60)
        for c in claims:
            print(c.event.payload["n"], c.attempt, c.event.correlation_id, file=file, flush=True)
        store.ack(claims)
        if not claims:
            counts = store.counts()
            if counts["done"] >= total:
                break
            time.sleep(0.01)
store.close()
"""


def crowd(world, each, writers=8, readers=4):
    logs = [world.home.parent / f"reader-{n}" for n in range(readers)]
    world.home.mkdir(exist_ok=True)
    running = [subprocess.Popen(world.command(WRITER, w, each)) for w in range(writers)]
    running += [subprocess.Popen(world.command(READER, writers * each, path)) for path in logs]
    assert [p.wait(240) for p in running] == [0] * (writers + readers)
    found = [line.split() for path in logs for line in path.read_text().splitlines()]
    assert sorted(int(n) for n, _, _ in found) == sorted(
        w * 1000 + n for w in range(writers) for n in range(each)
    )
    assert {attempt for _, attempt, _ in found} == {"1"}
    for path in logs:  # what one reader saw of one matter, it saw in order
        seen: dict[str, int] = {}
        for n, _, about in (line.split() for line in path.read_text().splitlines()):
            assert seen.get(about, -1) < int(n)
            seen[about] = int(n)


def test_eight_writers_and_four_readers(world):
    """A machine with a dozen workers would lose events, or have some dealt with twice."""
    crowd(world, 12)


@pytest.mark.soak
def test_eight_writers_and_four_readers_for_long(world):
    """What happens once in ten thousand events would happen to users first."""
    crowd(world, 300)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_any_course_of_things(world, seed):
    """A sequence of claims, acknowledgements and returns that nobody thought of would lose an event."""
    store = world.open()
    choose = random.Random(seed)
    group = f"g{seed}"
    start = [e.payload["n"] for e in store.query()]
    base = len(start)
    waiting: dict[str, list[int]] = {}
    for n in start:
        waiting.setdefault(f"k{n % 3}", []).append(n)
    store.publish([make(n, f"k{n % 3}") for n in range(base, base + 5)])
    for n in range(base, base + 5):
        waiting.setdefault(f"k{n % 3}", []).append(n)
    held: list[Claim] = []
    tries: dict[int, int] = {}
    dead: list[int] = []
    for _ in range(25):
        what = choose.randrange(4)
        if what == 0:
            claims = store.claim("c", group=group, limit=choose.randrange(1, 4))
            for claim in claims:
                n = claim.event.payload["n"]
                key = claim.event.correlation_id
                assert waiting[key][0] == n
                assert all(h.event.correlation_id != key for h in held)
                assert claim.attempt == tries.get(n, 0) + 1
                tries[n] = claim.attempt
                held.append(claim)
        elif held:
            claim = held.pop(choose.randrange(len(held)))
            n, key = claim.event.payload["n"], claim.event.correlation_id
            if what == 1:
                store.nack([claim], group=group, reason="again")
                if claim.attempt == MAX_ATTEMPTS:
                    dead.append(waiting[key].pop(0))
            else:
                store.ack([claim], group=group)
                waiting[key].pop(0)
        counts = store.counts(group=group)
        assert counts["claimed"] == len(held)
        assert counts["waiting"] == sum(map(len, waiting.values())) - len(held)
        assert counts["dead"] == len(dead)
    assert sorted(numbers(store.dead(group=group))) == sorted(dead)
    store.ack(held, group=group)
    for claim in held:
        waiting[claim.event.correlation_id].remove(claim.event.payload["n"])
    rest = numbers(drain(store, group=group))
    assert sorted(rest) == sorted(n for some in waiting.values() for n in some)
