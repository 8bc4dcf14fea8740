"""Kept workers: the pool, its limits, its end, and what becomes of lost ones. Real processes."""

from __future__ import annotations

import json
import os
import re
import textwrap
import threading
import time
from pathlib import Path

import pytest
from isolation_helpers import hand_in

from poet.testing import Project
from poet.workers import Pool
from poet.workers._breaker import Breaker
from poet.workers._remote import Remote

APP = """
    import dataclasses
    import enum
    import warnings

    import numpy as np
    import polars as pl

    from poet import poet

    class Colour(enum.Enum):
        RED = 1

    @dataclasses.dataclass(frozen=True)
    class Point:
        x: float
        y: float = 0.0

    class Refused(ValueError):
        pass

    class Coded(Exception):
        def __init__(self, number):
            super().__init__(f"number {number}")
            self.number = number

    @poet()
    def run(what, *args, **kwargs):
        return "baseline"

    @poet()
    async def arun(what, *args):
        return "baseline"
"""
# Does what its first argument asks for. The baseline never does, so the tests see which one ran.
CODE = """
    import os as system
    import random
    import time

    from poet.runtime import observe

    ME = random.random()  # tells a worker from every other


    def run(what, *args, **kwargs):
        if what == "who":
            return ME
        if what == "sleep":
            time.sleep(args[0])
            return "slept"
        if what == "die":
            system.abort()
        if what == "leak":
            return len([bytearray(10**7) for _ in range(10**4)])
        if what == "echo":
            return args[0]
        if what == "observe":
            observe(seen=args[0])
        return "version"


    async def arun(what, *args):
        import asyncio

        if what == "sleep":
            await asyncio.sleep(args[0])
        return ME if what == "who" else "version"
"""
HEAD = "import app, os, sys, time, threading, warnings, signal\nwarnings.simplefilter('ignore')\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose two versions were handed in."""
    project = Project(tmp_path_factory.mktemp("workers") / "app").write({"app.py": APP})
    hand_in(project, "run", CODE)
    hand_in(project, "arun", CODE)
    return project


def ask(project, code, **settings):
    """Run code in the project and return what it printed."""
    env = {f"POET_{k.upper()}": str(v) for k, v in settings.items()}
    done = project.python(HEAD + textwrap.dedent(code), env={"POET_MODE": "locked", **env})
    assert done.code == 0, done.out
    return done.out


def test_calls_of_one_version_share_a_worker(project):
    """Each call would pay for a process of its own."""
    out = ask(project, """
        pids = {app.run("who") for _ in range(50)}
        print(len(pids), app.run.poet.worker.workers)
    """)  # fmt: skip
    assert out == "1 1\n"


def test_pool_is_bounded_and_shared_by_versions(project):
    """Every function would keep processes of its own, without end."""
    out = ask(project, """
        import asyncio
        from poet.workers import pool
        pids = {app.run("who"), asyncio.run(app.arun("who")), app.run("who")}
        print(len(pids), pool(1).started, app.run.poet.worker.workers, app.arun.poet.worker.workers)
    """, workers=1)  # fmt: skip
    assert out == "3 3 1 0\n"


def test_threads_queue_and_all_are_served(project):
    """A busy service would start more workers than it may, or lose calls."""
    out = ask(project, """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(32) as threads:
            got = list(threads.map(lambda n: app.run("echo", [n, str(n)]), range(640)))
        pids = set(map(lambda _: app.run("who"), range(9)))
        print(got == [[n, str(n)] for n in range(640)], app.run.poet.worker[:3])
    """)  # fmt: skip
    assert out.startswith("True (")
    workers, answered, fallbacks = eval(out.removeprefix("True "))
    assert workers <= 2
    assert (answered, fallbacks) == (649, {})


def test_a_full_pool_ends_in_the_baseline_after_its_time(project):
    """Calls behind slow ones would wait for ever."""
    out = ask(project, """
        from concurrent.futures import ThreadPoolExecutor
        app.run("x")
        with ThreadPoolExecutor(4) as threads:
            print(sorted(threads.map(lambda _: app.run("sleep", 1.5), range(4))))
        print(app.run.poet.worker.fallbacks, app.run("echo", 1))
    """, workers=1, call_timeout=2)  # fmt: skip
    assert out.splitlines() == ["['baseline', 'baseline', 'slept', 'slept']", "{'busy': 2} 1"]


def test_a_killed_hung_or_greedy_worker_costs_its_call_only(project):
    """One bad call would take the service down, or stay unseen."""
    out = ask(project, """
        warnings.simplefilter("always")
        print(app.run("die"), app.run("echo", 1))
        print(app.run("sleep", 60), app.run("echo", 2))
        print(app.run("leak"), app.run("echo", 3))
        print(app.run.poet.worker.fallbacks, app.run.poet.worker.breaker)
    """, call_timeout=2, call_memory_mb=200)  # fmt: skip
    lines = [line for line in out.splitlines() if line.startswith(("baseline", "version", "{"))]
    assert lines[0] == "baseline 1"
    assert lines[1] == "baseline 2"
    assert lines[2] == "baseline 3"
    assert lines[3] == "{'lost': 3} closed"
    assert "PoetWarning: a call ran run as it was written: its worker ended the process" in out


def test_over_memory_is_the_versions_failure_not_the_machines(project):
    """A version that takes all memory would take the service with it."""
    out = ask(project, """
        print(app.run("leak"), app.run("echo", 1), app.run.poet.worker.last_problem)
        # getrusage would tell the most of the process that started this one, too.
        status = open("/proc/self/status").read()
        print(int(status.partition("VmHWM:")[2].split()[0]) < 600_000)
    """, call_memory_mb=200)  # fmt: skip
    assert out.splitlines()[0].startswith(
        "baseline 1 its worker needed more memory than call_memory"
    )
    assert out.splitlines()[1] == "True"


def test_kill_from_outside_during_a_call(project):
    """An out-of-memory killer would turn into an exception nobody expects."""
    out = ask(project, """
        from poet.workers import pool
        def kill():
            (kept,) = pool(1)._all
            signal.pidfd_send_signal(kept._box._handle, signal.SIGKILL)
        me = app.run("who")
        threading.Timer(0.5, kill).start()
        print(app.run("sleep", 30), app.run("who") != me)
        kill()
        time.sleep(0.2)
        print(app.run("echo", "after an idle one died"))
    """)  # fmt: skip
    assert out.splitlines()[0] == "baseline True"
    assert out.splitlines()[1] in ("after an idle one died", "baseline")


def test_breaker_opens_is_told_and_closes(project):
    """A version that always kills its worker would slow every call, unseen."""
    out = ask(project, """
        from poet.events import read
        from pathlib import Path
        warnings.simplefilter("always")
        print([app.run("die") for _ in range(3)], app.run.poet.worker.breaker)
        remote = app.run.poet.served.remote
        started = __import__("poet.workers").workers.pool(1).started
        print([app.run("echo", 1) for _ in range(100)].count("baseline"))
        print("started", __import__("poet.workers").workers.pool(1).started - started)
        clock = time.monotonic
        remote.breaker.clock = lambda: clock() + 31
        print(remote.breaker.state, app.run("echo", "again"), remote.breaker.state)
        home = app.run.poet.served.home
        print([e.payload["state"] for e in read(home) if e.type == "function.fallback"])
        last = [e for e in read(home) if e.type == "function.execution"]
        print([e.payload["version"] for e in last[-2:]])
    """, home=str(project.folder / "breaker-home"))  # fmt: skip
    assert "['baseline', 'baseline', 'baseline'] open" in out
    assert "\n100\nstarted 0\n" in out
    assert "half-open again closed" in out
    assert "['lost', 'breaker open', 'breaker closed']" in out
    assert "[None, 'v1']" in out
    assert out.count("PoetWarning: run runs as it was written for a time") == 1


def test_breaker_counts():
    """It would never open, never close, or let every call try at once."""
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    assert [breaker.lost(), breaker.lost()] == [0.0, 0.0]
    assert not breaker.answered(), "it was not open"
    assert [breaker.lost(), breaker.lost(), breaker.lost()] == [0.0, 0.0, 30.0]
    assert not breaker.allows()
    now[0] = 31
    assert (breaker.state, breaker.allows(), breaker.allows()) == ("half-open", True, False)
    breaker.unused()
    assert breaker.allows(), "the one that tried never reached a worker"
    assert breaker.lost() == 60.0
    now[0] = 31 + 61
    assert breaker.allows()
    assert breaker.answered()
    assert (breaker.state, breaker.allows()) == ("closed", True)
    assert [breaker.lost(), breaker.lost()] == [0.0, 0.0]
    now[0] += 1000
    assert breaker.lost() == 0.0, "the others were too long ago"


def test_async_calls_leave_the_loop_free_and_cancelling_ends_the_worker(project):
    """A slow version would stop every other task, or run on after its caller has gone."""
    out = ask(project, """
        import asyncio
        async def main():
            ticks = 0
            task = asyncio.create_task(app.arun("sleep", 0.5))
            while not task.done():
                await asyncio.sleep(0.01)
                ticks += 1
            print(task.result(), ticks > 10)
            many = await asyncio.gather(*(app.arun("x") for _ in range(200)))
            print(set(many), app.arun.poet.worker.workers)
            task = asyncio.create_task(app.arun("sleep", 60))
            await asyncio.sleep(0.3)
            task.cancel()
            start = time.monotonic()
            try:
                await task
            except asyncio.CancelledError:
                print("cancelled", time.monotonic() - start < 5)
            print(await app.arun("x"), app.arun.poet.worker.fallbacks, app.arun.poet.worker.breaker)
        asyncio.run(main())
    """)  # fmt: skip
    lines = out.splitlines()
    assert lines[0] == "version True"
    assert lines[1].startswith("{'version'} ")
    assert int(lines[1][-1]) <= 2
    assert lines[2:] == ["cancelled True", "version {} closed"]


def test_async_calls_in_line_give_up_after_their_time(project):
    """Tasks behind slow ones would wait for ever, or be cancelled and keep their turn."""
    out = ask(project, """
        import asyncio
        async def main():
            await app.arun("x")
            tasks = [asyncio.create_task(app.arun("sleep", 1.5)) for _ in range(2)]
            await asyncio.sleep(0.1)
            gone = asyncio.create_task(app.arun("x"))
            tasks += [asyncio.create_task(app.arun("sleep", 1.5)) for _ in range(2)]
            await asyncio.sleep(0.1)
            gone.cancel()
            print(sorted(await asyncio.gather(*tasks)))
            print(await app.arun("x"), app.arun.poet.worker.fallbacks)
        asyncio.run(main())
    """, workers=1, call_timeout=2)  # fmt: skip
    assert out.splitlines() == [
        "['baseline', 'baseline', 'version', 'version']", "version {'busy': 2}",
    ]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_child_has_workers_of_its_own(project):
    """Children of a server would answer each other's calls, or end each other's workers."""
    out = ask(project, """
        before = app.run("who")
        busy = threading.Thread(target=app.run, args=("sleep", 1.0))
        busy.start()
        time.sleep(0.2)
        for number in range(3):
            child = os.fork()
            if child == 0:
                own = app.run("who")
                ok = own != before and app.run("who") == own and app.run("echo", number) == number
                os._exit(0 if ok else 1)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        busy.join()
        print(app.run("who") is not None, app.run.poet.worker.fallbacks)
    """)  # fmt: skip
    assert out.splitlines() == ["0", "0", "0", "True {}"]


def test_multiprocessing_pool_of_forks(project):
    """A pre-forking server would hang in its children."""
    out = ask(project, """
        import multiprocessing
        mine = app.run("who")
        with multiprocessing.get_context("fork").Pool(3) as pool:
            pids = pool.map(app.run, ["pid"] * 30)
        print(mine in pids, 1 <= len(set(pids)) <= 6, app.run("who") == mine)
    """)  # fmt: skip
    assert out == "False True True\n"


def session_of_zygote(code):
    """Code that prints the session that the zygote and all its workers are in."""
    return (
        "from poet.gate.sandbox import zygotes\n"
        + textwrap.dedent(code)
        + ("\nprint('session', *(z._process.pid for z in zygotes._zygotes.values()), flush=True)\n")
    )


def alive_in(session):
    """Return the processes of a session, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            state, _, _, own, *_ = text.rpartition(")")[2].split()
            if int(own) == session and state != "Z":
                found.append(entry.name)
    return found


@pytest.mark.parametrize(
    "end",
    ["", "threading.Thread(target=app.run, args=('sleep', 20), daemon=True).start(); time.sleep(0.3)",
     "os.kill(os.getpid(), 9)"],
    ids=["at its end", "during a call", "killed"],
)  # fmt: skip
def test_nothing_is_left_when_the_process_ends(project, end):
    """Workers would pile up behind a service that restarts."""
    code = HEAD + session_of_zygote("app.run('x')") + end
    done = project.python(code, env={"POET_MODE": "locked"})
    session = int(re.search(r"session (\d+)", done.out)[1])
    until = time.monotonic() + 10
    while alive_in(session) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive_in(session) == []


@pytest.mark.parametrize("restarts", [30, pytest.param(1000, marks=pytest.mark.soak)])
def test_no_process_or_descriptor_is_leaked(project, restarts):
    """A service would run out of descriptors, processes or memory after some days."""
    out = ask(project, """
        from pathlib import Path
        import subprocess
        from poet.workers import pool
        def count():
            return len(os.listdir("/proc/self/fd")), threading.active_count()
        app.run("x")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            for _ in range(1000):
                app.run("x")
            first = count()
            remote = app.run.poet.served.remote
            for _ in range(RESTARTS):
                remote.breaker.renew()
                app.run("die")
            app.run("x")
            from poet.gate.sandbox import zygotes
            below = [
                child
                for mother in zygotes._zygotes.values()
                for task in Path(f"/proc/{mother._process.pid}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
            print([first, count(), pool(1).started, len(below)])
    """.replace("RESTARTS", str(restarts)))  # fmt: skip
    first, second, started, left = json.loads(out.replace("(", "[").replace(")", "]"))
    assert second[0] <= first[0]
    assert second[1] <= first[1] + 1
    assert started == restarts + 1
    assert left == 1, "the dead are reaped"


def test_files_that_changed_under_a_process_are_not_loaded(project, tmp_path):
    """A worker that starts after a deployment would run old code on the new module, or new on old."""
    import shutil

    shutil.copytree(project.folder, tmp_path / "copy")
    out = ask(Project(tmp_path / "copy"), """
        import pathlib
        print(app.run("x"))
        path = pathlib.Path("app.py")
        path.write_text(path.read_text().replace('"baseline"', '"changed"'))
        app.run("die")
        print(app.run("x"), app.run.poet.worker.fallbacks)
    """)  # fmt: skip
    assert out.splitlines() == ["version", "baseline {'lost': 1, 'changed': 1}"]


class _Fake:
    """Stands for a worker where only the order of the line is looked at."""

    def __init__(self, key):
        self.key = key
        self.running = True

    def end(self):
        self.running = False

    kill = end


def test_the_line_is_served_in_order_and_a_worker_goes_to_its_own_version_first():
    """A call could be overtaken for ever, or workers be restarted at every call."""
    pool = Pool(1)
    first = pool.request("a")
    kept = pool.take(first, lambda: _Fake("a"))
    line = [pool.request(key) for key in ("b", "a", "b", "a")]
    order = []
    for _ in line:
        pool.release(kept)
        (ticket,) = [t for t in line if t.granted.is_set() and t not in order]
        order.append(ticket)
        kept = pool.take(ticket, lambda key=ticket.key: _Fake(key))
    assert [t.key for t in order] == ["a", "a", "b", "b"], (
        "own version first while nobody waits long"
    )
    late = [pool.request(key) for key in ("a", "b")]
    late[0].since -= 1.0
    pool.release(kept)
    assert late[0].granted.is_set()
    assert not late[1].granted.is_set()
    pool.withdraw(late[1])
    pool.withdraw(late[0])
    assert pool.request("b").granted.is_set()


def test_a_withdrawn_grant_goes_to_the_next_in_line():
    """A caller that gave up in the very moment of its turn would take the place with it."""
    pool = Pool(1)
    kept = pool.take(pool.request("a"), lambda: _Fake("a"))
    one, two = pool.request("a"), pool.request("a")
    pool.release(kept)
    assert one.granted.is_set()
    pool.withdraw(one)
    assert two.granted.is_set()
    assert two.kept is kept

    def broken():
        raise OSError("no more processes")

    pool.drop(kept)
    three, four = pool.request("c"), pool.request("c")
    assert three.granted.is_set()
    with pytest.raises(OSError, match="no more"):
        pool.take(three, broken)
    assert four.granted.is_set()


def test_a_late_kill_does_not_reach_the_next_calls_worker():
    """A call that is cancelled in the moment of its answer would lose somebody else's call."""
    pool = Pool(1)
    ticket = pool.request("a")
    kept = pool.take(ticket, lambda: _Fake("a"))
    ticket.hand_back()
    pool.release(kept)
    other = pool.request("a")
    assert other.kept is kept
    ticket.kill()
    assert ticket.is_cancelled()
    assert kept.running
    other.kill()
    assert not kept.running


def test_many_threads_on_the_line():
    """A place in the pool would get lost under load, and with it a worker for ever."""
    pool = Pool(3)
    running, most, lock = [0], [0], threading.Lock()

    def work(number):
        for turn in range(200):
            ticket = pool.request((number + turn) % 4)
            if not ticket.granted.wait(0.001 if turn % 5 == 0 else 60):
                pool.withdraw(ticket)
                continue
            kept = pool.take(ticket, lambda key=ticket.key: _Fake(key))
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            assert kept.key == ticket.key
            with lock:
                running[0] -= 1
            if turn % 17 == 0:
                pool.drop(kept)
            else:
                pool.release(kept)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 3
    tickets = [pool.request(f"new {n}") for n in range(3)]
    assert all(t.granted.is_set() for t in tickets), "all three places are there again"
    assert not pool.request("one more").granted.is_set()


def test_state_of_a_remote_is_plain(project):
    """A dashboard could not show it."""
    assert Remote.state.__doc__
    out = ask(project, "app.run('x'); print(app.run.poet.worker)")
    assert out.startswith("WorkerState(workers=1, answered=1, fallbacks={}, breaker='closed'")
