"""The sandbox from its parent's side: deadlines, limits, ends, and what is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from poet.codec import decode, encode
from poet.errors import SandboxUnavailableError
from poet.gate.sandbox import Lost, Sandbox, kernel, layers, missing_layers, parent, zygotes
from poet.testing import Project

confined = pytest.mark.skipif(bool(missing_layers()), reason=f"missing here: {missing_layers()}")

APP = """
import helper

LIMIT = 3

def f(x, *more, **named):
    return helper.twice(x)

async def g(x):
    import asyncio
    await asyncio.sleep(0)
    return x

def items(n):
    yield from range(n)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxed")
    Project(folder).write(
        {"pyproject.toml": "", "boxed.py": APP, "helper.py": "def twice(x):\n    return x * 2\n"}
    )
    return folder


def request(project, code=None, name="f", kind="function", file="boxed.py"):
    return {
        "path": str(project / file), "module": file.removesuffix(".py"), "qualname": name,
        "name": name, "kind": kind, "owner": None, "user_names": ["helper.twice", "LIMIT"],
        "code": code, "filename": "<candidate>",
    }  # fmt: skip


def call(box, *args, timeout=None, **more):
    return box.call({"args": encode(list(args)), "kwargs": encode({}), **more}, timeout)


def body(text):
    return "def f(x, *more, **named):\n    " + text.replace("\n", "\n    ") + "\n"


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def descendants(pid):
    """Return a process and all below it, the youngest first."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found = [*descendants(int(child)), *found]
    return found


def answered(project, text, *args, **more):
    with Sandbox(10.0) as box:
        loaded = box.load(request(project, body(text)))
        assert isinstance(loaded, dict), loaded
        assert "failed" not in loaded, loaded
        return call(box, *args, **more)


def test_the_baseline_runs_from_sources_that_were_sent(project):
    """A function with a helper in another file could not be verified."""
    with Sandbox(10.0) as box:
        loaded = box.load(request(project))
        assert loaded["candidate"] is None
        assert call(box, 21)["value"] == 42
        assert call(box, 2)["value"] == 4


READ = {
    "import time": ["time.time()", "time.monotonic()", "time.perf_counter()", "time.time_ns() / 1e9",
                    "time.mktime(time.localtime())"],
    "from time import time, monotonic": ["time()", "monotonic()"],
    "from datetime import UTC, date, datetime": [
        "datetime.now().timestamp()", "datetime.now(UTC).timestamp()", "datetime.today().timestamp()",
        "date.today().toordinal() * 86400",
    ],
}  # fmt: skip


@pytest.mark.parametrize("ask", [(i, e) for i, asks in READ.items() for e in asks])
def test_the_clock_can_be_put_forward(project, ask):
    """A candidate that is right until a date could not be asked after it."""
    code = f"{ask[0]}\n{body(f'return {ask[1]}')}"
    with Sandbox(10.0) as box:
        assert "failed" not in box.load(request(project, code) | {"clock": True})
        now = decode(call(box, 1)["value"])
        later = decode(call(box, 1, leap=40 * 86400)["value"])
        assert 0 <= later - now - 40 * 86400 < (86401 if "date.today" in ask[1] else 10)


def test_the_types_of_a_moment_stay_what_they_are(project):
    """A leapt clock would change what a function returns besides the time."""
    code = "import datetime as dt\n" + body(
        "return [type(dt.datetime.now()) is dt.datetime, isinstance(dt.date.today(), dt.date), "
        "type(dt.date.today()) is dt.date, dt.datetime.now(dt.UTC).tzinfo is dt.UTC]"
    )
    with Sandbox(10.0) as box:
        box.load(request(project, code) | {"clock": True})
        assert decode(call(box, 1, leap=10**9)["value"]) == [True] * 4


def test_a_call_can_come_after_many(project):
    """A candidate that is right a hundred times could not be asked the next time."""
    code = "N = []\n" + body("N.append(x)\nreturn len(N)")
    with Sandbox(10.0) as box:
        box.load(request(project, code))
        assert call(box, 1, before=500)["value"] == 501


RAISED = {
    "raise ValueError(x)": "function", "assert not x": "function", "return {}[x]": "operation",
    "return int('a')": "operation", "raise (\n    ValueError(\n        x\n    )\n)": "function",
}  # fmt: skip


@pytest.mark.parametrize("text", RAISED)
def test_it_is_known_who_raised(project, text):
    """The words of the interpreter would be taken for those of the function."""
    assert answered(project, text, 1)["raised_by"] == RAISED[text]


def test_kinds_of_functions(project):
    """An async function or a generator would be compared as an object, not by what it gives."""
    with Sandbox(10.0) as box:
        box.load(request(project, name="g", kind="async"))
        assert call(box, 7)["value"] == 7
    with Sandbox(10.0) as box:
        box.load(request(project, name="items", kind="generator"))
        assert decode(call(box, 3)["value"]) == [0, 1, 2]


@confined
@pytest.mark.parametrize(
    "text",
    [
        "return open('/etc/passwd').read()",
        "import os\nreturn os.listdir('/')",
        "import os\nreturn open(os.path.expanduser('~/.profile'), 'w')",
        "import tempfile\nreturn tempfile.mkdtemp()",
    ],
)
def test_files_are_closed_to_a_worker(project, text):
    """A candidate would read the user's files, or leave its own."""
    found = answered(project, text, 1)
    assert found["kind"] == "raised"
    assert found["error"] in ("PermissionError", "FileNotFoundError", "OSError")


@confined
@pytest.mark.parametrize(
    "text",
    [
        "import socket\nsocket.socket()",
        "import os\nos.fork()",
        "import os\nos.execv('/bin/true', ['true'])",
    ],
)
def test_the_kernel_ends_what_reaches_out(project, text):
    """A candidate would open a connection or start a program."""
    found = answered(project, text, 1)
    assert isinstance(found, Lost)
    assert found.kind == "refused"
    assert "system call that is not allowed" in found.message


@confined
def test_memory_is_limited_and_the_worker_lives_on(project):
    """One candidate would take the memory of the machine."""
    with Sandbox(10.0, memory=256 << 20) as box:
        box.load(request(project, body("return len(bytearray(x))")))
        assert call(box, 100 << 20)["value"] == 100 << 20
        assert call(box, 400 << 20)["error"] == "MemoryError"
        assert call(box, 5)["value"] == 5


@confined
def test_memory_the_kernels_limit_does_not_count_is_seen(project):
    """Pages filled and then made read-only count for nothing; a candidate would hide gigabytes."""
    text = (
        "import ctypes, mmap\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.mmap.restype = ctypes.c_void_p\n"
        "libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]\n"
        "size, kept = 16 << 20, 0\n"
        "for _ in range(200):\n"
        "    at = libc.mmap(None, size, 3, 0x22, -1, 0)\n"
        "    if at is None or at == ctypes.c_void_p(-1).value:\n"
        "        break\n"
        "    ctypes.memset(at, 1, size)\n"
        "    libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(size), 1)\n"
        "    kept += 1\n"
        "import os, time\n"
        "for _ in range(5000):\n"
        "    os.write(1, b'.')\n"
        "    time.sleep(0.001)\n"
        "return kept"
    )
    with Sandbox(20.0, memory=128 << 20) as box:
        box.load(request(project, body(text)))
        found = call(box, 1)
    assert isinstance(found, Lost)
    assert found == Lost("memory", "held more memory than it may use and was stopped")


def test_a_deadline_is_kept(project):
    """A hang would hold up the run; the overshoot is measured in bench/gate.py."""
    with Sandbox(10.0) as box:
        box.load(request(project, body("import time\nwhile x:\n    time.sleep(0.01)\nreturn 1")))
        found = call(box, True, timeout=0.5)
        assert found == Lost("hung", "gave no answer within 0.5 s and was stopped")
        assert not box.running
        assert call(box, False)["value"] == 1, "a fresh worker answers the next call"


@pytest.fixture
def busy():
    """Keep one processor busy with four processes; return its number."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this kernel does not tell what a process waits for a processor")
    cpu = min(os.sched_getaffinity(0))
    burners = [subprocess.Popen([sys.executable, "-ISc", "while True: pass"]) for _ in range(4)]
    try:
        for burner in burners:
            os.sched_setaffinity(burner.pid, {cpu})
        yield cpu
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def test_waiting_for_a_processor_does_not_count(project, busy):
    """What is compared, and so a verdict, would depend on what else runs on the machine."""
    text = (
        "import time\nend = time.process_time() + 1.2\n"
        "while time.process_time() < end:\n    pass\nreturn 1"
    )
    with Sandbox(10.0) as box:
        box.load(request(project, body(text)))
        os.sched_setaffinity(box.pid, {busy})
        found = call(box, 1, timeout=1.5)
    assert not isinstance(found, Lost), found
    assert found["own_seconds"] < 1.5 < found["seconds"]


def test_a_worker_does_not_wait_for_a_processor_without_end():
    """A candidate that keeps all processors busy could hold up the run for ever."""

    class Starved:
        def read(self):
            return kernel.Counted(0.0, time.monotonic())

    spent = kernel.Spent(Starved())
    time.sleep(0.05)
    assert spent.wall() >= 0.05 > spent.own()
    assert spent.left(0.001) < 0
    assert spent.stalled(0.001)
    assert spent.left(60) > 0
    assert not spent.stalled(60)


@pytest.mark.parametrize("daemon", [False, True])
def test_leftover_threads_are_counted_and_end_with_the_worker(project, daemon):
    """A thread that a candidate leaves behind would change later answers unnoticed."""
    text = (
        "import threading, time\n"
        f"threading.Thread(target=time.sleep, args=(60,), daemon={daemon}).start()\nreturn 1"
    )
    start = time.monotonic()
    assert answered(project, text, 1)["threads_left"] == 1
    assert time.monotonic() - start < 30


def test_a_thread_that_is_just_ending_is_not_left_over(project):
    """A call with a time-out in a thread would be refused whenever the thread is a moment late."""
    text = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(0.05,), daemon=True).start()\nreturn 1"
    )
    assert answered(project, text, 1)["threads_left"] == 0


def test_the_parent_plays_and_records_what_a_candidate_calls(project):
    """A candidate would claim calls that it never made."""
    code = "from poet.runtime import baseline\n" + body("return [baseline(x), baseline(x + 1)]")
    with Sandbox(10.0) as box:
        box.load(request(project, code))
        steps = [["return", encode(10)], ["raise", "ValueError", encode(["no"])]]
        found = call(box, 5, stand_in=steps)
        assert (found["error"], decode(found["value"])) == ("ValueError", ["no"])
        assert [decode(a) for a, _ in found["stand_in_calls"]] == [[5], [6]]
        assert call(box, 5)["value"] == [10, 12], "and the next call has the real one again"


def test_a_worker_that_asks_for_what_was_not_offered_is_ended(project):
    """A forged question would make the gate fail instead of the candidate."""
    forged = (
        "import gc\n"
        "from poet.gate.sandbox import worker\n"
        "own = next(o for o in gc.get_objects() if type(o) is worker._Conversation)\n"
        "return own.ask('no such', (), {})"
    )
    found = answered(project, forged, 1)
    assert found == Lost("garbled", "asked for what was not offered")


def test_two_frames_for_one_request_are_none(project):
    """A second answer would be taken for that of the next check."""
    forged = (
        "import gc\n"
        "from poet.gate.sandbox import worker, protocol\n"
        "own = next(o for o in gc.get_objects() if type(o) is worker._Conversation)\n"
        "one = protocol.frame({'nonce': own.nonce, 'answer': {'kind': 'returned', 'value': 3}})\n"
        "protocol.write_all(own.descriptor, one + one)\n"
        "return 3"
    )
    assert answered(project, forged, 1).kind == "garbled"


@pytest.mark.parametrize(
    ("top", "said"),
    [
        ("open('settings.ini').read()", "move what needs them"),
        ("import os\nKEY = os.environ['API_KEY']", "move what needs them"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_module_that_needs_the_world_is_named_with_the_line(tmp_path, top, said):
    """A user would not learn which line of theirs cannot run in the sandbox."""
    Project(tmp_path).write(
        {"pyproject.toml": "", "needy.py": f"{top}\n\ndef f(x):\n    return x\n"}
    )
    with Sandbox(10.0) as box:
        found = box.load(request(tmp_path, file="needy.py"))
    assert "the user's module cannot be imported here" in found["failed"]
    assert said in found["failed"]
    assert f"needy.py:{1 + top.count(chr(10))}" in found["failed"]


def test_hash_seeds_differ(project):
    """Code that leans on the order of a set would pass by luck."""
    seen = set()
    for seed in (0, 1):
        with Sandbox(10.0, hash_seed=seed) as box:
            box.load(request(project, body("return hash('poet')")))
            seen.add(
                call(box, 1)["value"]
                if isinstance(call(box, 1)["value"], int)
                else str(call(box, 1)["value"])
            )
    assert len(seen) == 2


def test_a_dead_zygote_is_replaced(project):
    """One kill would stop every verification of this process."""
    with Sandbox(10.0) as box:
        box.load(request(project))
        for pid in descendants(box._zygote._process.pid):
            os.kill(pid, signal.SIGKILL)
        box._zygote._process.wait()
        time.sleep(0.1)
        found = call(box, 1, timeout=5.0)
        assert isinstance(found, Lost), "its workers end with it"
        assert call(box, 1)["value"] == 2


def test_nothing_is_left_after_many_workers(project):
    """Processes and descriptors would pile up on the user's machine."""
    with Sandbox(10.0) as box:
        box.load(request(project))
        mother = box._zygote._process.pid

    def state():
        processes = descendants(mother)
        ours = len(list(Path("/proc/self/fd").iterdir()))
        theirs = [len(list(Path(f"/proc/{p}/fd").iterdir())) for p in processes]
        return processes, ours, theirs, threading.active_count()

    before = state()
    for number in range(40):
        with Sandbox(2.0) as box:
            box.load(request(project, body("import os\nos._exit(3)" if number % 2 else "return 1")))
            call(box, 1)
    assert state() == before


def test_a_forked_process_makes_its_own_zygote(project):
    """Two processes would mix their requests on one socket."""
    with Sandbox(10.0) as box:
        box.load(request(project))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                with Sandbox(10.0) as mine:
                    mine.load(request(project))
                    os.write(writing, b"%d" % call(mine, 4)["value"])
                zygotes.close_all()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert os.read(reading, 10) == b"8"
        os.close(reading), os.close(writing)
        assert call(box, 5)["value"] == 10, "and the first one still answers"


def test_required_layers_fail_closed_and_are_named(project, monkeypatch):
    """A candidate that must be confined would run unconfined where the kernel cannot."""
    monkeypatch.setattr(parent, "missing_layers", lambda: ["landlock (missing: an old kernel)"])
    with pytest.raises(SandboxUnavailableError, match="landlock"):
        Sandbox(require=True)
    Sandbox().stop()


@confined
def test_layers_that_fail_only_in_the_worker_fail_closed(project, monkeypatch):
    """The probe would say yes, the worker be unconfined, and the verdict stand."""
    real = Sandbox._ask

    def ask(self, *args, **kwargs):
        found = real(self, *args, **kwargs)
        found["layers"] = [["seccomp", "missing: filter refused"]]
        return found

    monkeypatch.setattr(Sandbox, "_ask", ask)
    with pytest.raises(SandboxUnavailableError, match="seccomp"), Sandbox(require=True) as box:
        box.load(request(project))


def test_layers_are_named():
    """A record would not say what a version was verified in."""
    assert list(layers())[:4] == [
        "separate process",
        "empty environment",
        "wall clock",
        "output cap",
    ]
    assert {"landlock", "seccomp", "resource limits", "capabilities"} <= set(layers())


def test_a_forked_child_that_leaves_a_with_statement_ends_no_worker_of_its_parent(project):
    """A web server's child that exits would kill the worker its parent is about to call."""
    with Sandbox(10.0) as box:
        box.load(request(project))
        pid = os.fork()
        if pid == 0:
            try:
                box.kill()
                assert not box.running
                box.stop()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert call(box, 5)["value"] == 10


def test_an_answer_that_was_given_up_is_never_taken_for_the_next_one(project, monkeypatch):
    """After Ctrl-C the next sandbox would be handed the pid of another's worker, and kill that."""
    real = zygotes.Zygote._receive
    with Sandbox(10.0) as one:
        one.load(request(project))
        mother = one._zygote
        before, workers = descriptors(), len(descendants(mother._process.pid))

        def interrupted(self, number):
            raise KeyboardInterrupt

        for _ in range(3):
            monkeypatch.setattr(zygotes.Zygote, "_receive", interrupted)
            with pytest.raises(KeyboardInterrupt), Sandbox(10.0) as two:
                two.load(request(project))
        monkeypatch.setattr(zygotes.Zygote, "_receive", real)
        with Sandbox(10.0) as three:
            three.load(request(project))
            assert three._zygote is mother
            assert three._pid not in (one._pid, 0)
            assert call(three, 4)["value"] == 8
        assert call(one, 5)["value"] == 10, "and the first one still answers"
        one.stop()
        assert call(one, 6)["value"] == 12
        assert descriptors() == before
        until = time.monotonic() + 10
        while len(descendants(mother._process.pid)) != workers and time.monotonic() < until:
            time.sleep(0.01)
        assert len(descendants(mother._process.pid)) == workers, "nothing is left of the others"


def test_zygotes_are_counted_by_many_threads_at_once(project):
    """A lost count would end a zygote under its workers, or keep it for ever."""
    with Sandbox(10.0) as box:
        box.load(request(project))
        mother = box._zygote
        before = mother.users
        turns = 3000

        def use():
            for _ in range(turns):
                with zygotes._lock:
                    mother.users += 1
                mother.release()

        threads = [threading.Thread(target=use) for _ in range(8)]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            [t.start() for t in threads]
            [t.join() for t in threads]
        finally:
            sys.setswitchinterval(interval)
        assert mother.users == before


def test_closing_a_zygote_wakes_the_thread_that_asks_it(project):
    """It would wait on a number that may be another file's by then, and read what is not its own."""
    folders = zygotes.Folders(*zygotes._folders((project,)))
    mother = zygotes.Zygote(folders, (), 0)
    for pid in descendants(mother._process.pid):  # it may have a wall of namespaces around it
        os.kill(pid, signal.SIGSTOP)
    problems = []

    def ask():
        try:
            mother._ask({"op": "reap", "pid": 1})
        except OSError as error:
            problems.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not mother._lock.locked():
        assert thread.is_alive()
        time.sleep(0.001)
    mother.close()
    thread.join(10)
    assert not thread.is_alive()
    assert problems
    assert mother._control.fileno() == -1


def test_a_zygote_that_answers_too_late_is_replaced(project, monkeypatch):
    """A late answer would be taken for the next request's, and the judgement end in a traceback."""
    monkeypatch.setattr(zygotes, "ANSWER_TIMEOUT", 0.3)
    zygotes.close_all()
    with Sandbox(10.0) as box:
        box.load(request(project))
        stopped = box._zygote
    for pid in descendants(stopped._process.pid):
        os.kill(pid, signal.SIGSTOP)
    with Sandbox(10.0) as box:
        with pytest.raises(SandboxUnavailableError, match="no worker could be started"):
            box.load(request(project))
        assert not stopped.alive
        monkeypatch.undo()
        box.load(request(project))
        assert call(box, 2)["value"] == 4
    stopped._process.wait(10)


@pytest.mark.parametrize("confine", [True, False])
@pytest.mark.parametrize("busy", ["while True:\n    pass", "import time\ntime.sleep(60)"])
def test_workers_end_with_a_parent_that_is_killed(project, busy, confine):
    """Each cancelled run would leave a process that burns a core for ever."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            fork = zygotes.Zygote.fork
            zygotes.Zygote.fork = lambda self, config, *ends: fork(
                self, {**config, "confine": config["confine"] and confine}, *ends
            )
            with Sandbox(60.0) as box:
                box.load(request(project, body(busy)))
                os.write(writing, f"{box._zygote._process.pid} {box.pid}".encode())
                call(box, 1)
        finally:
            os._exit(0)
    os.close(writing)
    pids = [int(p) for p in os.read(reading, 100).split()]
    os.close(reading)
    time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    end = time.monotonic() + 10
    while any(Path(f"/proc/{p}/cmdline").exists() and _runs(p) for p in pids):
        assert time.monotonic() < end, pids
        time.sleep(0.02)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_no_worker_is_started_without_descriptors(project):
    """A machine that is short of descriptors would show a traceback, and lose more of them."""
    import resource

    with Sandbox(10.0) as box:
        box.load(request(project))
    zygote = next(iter(zygotes._zygotes.values()))
    before = len(list(Path("/proc/self/fd").iterdir())), zygote.users
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[0] + 40, hard))
        for spare in range(8):
            try:
                while True:
                    taken.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                for _ in range(min(spare, len(taken))):
                    os.close(taken.pop())
            with contextlib.suppress(SandboxUnavailableError, OSError), Sandbox(10.0) as box:
                box.load(request(project))
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (len(list(Path("/proc/self/fd").iterdir())), zygote.users) == before
    with Sandbox(10.0) as box:
        box.load(request(project))
        assert call(box, 2)["value"] == 4


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "{'kind': 'returned', 'error': '', 'inputs': [1, 2], 'warnings': []}",
        "{'kind': 'raised', 'value': 3, 'error': 'X', 'inputs': [1, 2], 'warnings': []}",
        "{'kind': 'returned', 'value': 3, 'error': 4, 'inputs': [1, 2], 'warnings': []}",
        "{'kind': 'returned', 'value': 3, 'error': '', 'inputs': [1], 'warnings': []}",
        "{'kind': 'passed', 'value': 3, 'error': '', 'inputs': [1, 2], 'warnings': []}",
    ],
)
def test_an_answer_without_its_parts_is_none(project, answer):
    """Code that forges its worker's answer would make the gate fail instead of itself."""
    forged = (
        "import gc, time\n"
        "from poet.gate.sandbox import worker, protocol\n"
        "own = next(o for o in gc.get_objects() if type(o) is worker._Conversation)\n"
        f"one = protocol.frame({{'nonce': own.nonce, 'answer': {answer}}})\n"
        "protocol.write_all(own.descriptor, one)\n"
        "time.sleep(5)"
    )
    assert answered(project, forged, 1).kind == "garbled"
