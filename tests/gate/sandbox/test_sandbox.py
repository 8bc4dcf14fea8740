"""The sandbox from its parent's side: deadlines, limits, ends, and what is left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from poet.errors import SandboxUnavailableError
from poet.gate.codec import decode, encode
from poet.gate.sandbox import Lost, Sandbox, layers, missing_layers, parent, zygotes
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
        "import time\n"
        "time.sleep(5)\n"
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


def test_leftover_threads_are_counted_and_end_with_the_worker(project):
    """A thread that a candidate leaves behind would change later answers unnoticed."""
    text = (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn 1"
    )
    start = time.monotonic()
    assert answered(project, text, 1)["threads_left"] == 1
    assert time.monotonic() - start < 30


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
