"""A process that test_confine starts: forks, confines the fork, runs a piece of code in it.

It reads requests as JSON lines and answers each with how the fork ended and what it printed. Run as
a script, so that it has one thread and nothing of pytest.
"""

import contextlib
import ctypes
import errno
import importlib
import json
import os
import select
import signal
import socket
import sys
import sysconfig
import time

import numpy as np
import polars as pl

from poet import _native

OUTPUT = 1 << 20
LATER = (
    "asyncio concurrent.futures.thread encodings.idna fcntl logging mmap numpy.random resource"
    " secrets subprocess tempfile traceback zoneinfo"
)
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(number, *arguments):
    """Make a bare system call; return `done` or the name of its error."""
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *map(_long, arguments))
    return "done" if answer != -1 else errno.errorcode[ctypes.get_errno()]


def _long(value):
    return value if isinstance(value, bytes) else ctypes.c_long(value)


def attempt(function, *arguments, **named):
    """Call a function; return `done` or the name of its operating system error."""
    try:
        function(*arguments, **named)
    except OSError as error:
        return errno.errorcode[error.errno]
    except MemoryError:
        return "MemoryError"
    return "done"


def readable():
    """What honest code may need: the interpreter, its packages, libraries and time zones."""
    found = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *sys.path}
    found |= {"/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo"}
    return sorted(p for p in found if p and os.access(p, os.R_OK))


def child(request, talk):
    """Confine this process and run the code; never returns."""
    status = 70
    try:
        read = request.get("read") or []
        if request.get("packages", True):
            read = [*read, *readable()]
        rows = _native.confine(
            read,
            request.get("write") or [],
            request.get("memory", 1 << 30),
            request.get("cpu", 60),
            request.get("network", False),
            request.get("profile", "worker"),
            request.get("layers"),
        )
        print(json.dumps(rows), flush=True)
        names = {"call": call, "attempt": attempt, "libc": libc, "ctypes": ctypes, "os": os}
        names |= {"np": np, "pl": pl, "talk": talk, "sys": sys, "__name__": "candidate"}
        exec(compile(request["code"], "candidate.py", "exec"), names)
        status = 0
    except SystemExit as error:
        status = error.code or 0
    except BaseException:  # noqa: BLE001 - whatever the code does is reported
        import traceback

        traceback.print_exc()
        status = 71
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def run(request):
    """Fork, wait, and say how it ended."""
    ours, theirs = socket.socketpair()
    ours.sendall(b"ping\n")
    output, printed = os.pipe()
    pid = os.fork()
    if pid == 0:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.dup2(theirs.fileno(), 3)
        os.closerange(4, 64)
        child(request, 3)
    os.close(printed)
    theirs.close()
    text = b""
    end = time.monotonic() + request.get("seconds", 30)
    while time.monotonic() < end and len(text) < OUTPUT:
        if select.select([output], [], [], max(0.0, end - time.monotonic()))[0]:
            chunk = os.read(output, 65536)
            if not chunk:
                break
            text += chunk
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(output)
    ours.setblocking(False)
    said = b""
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        said = ours.recv(65536)
    ours.close()
    head, _, rest = text.decode(errors="replace").partition("\n")
    rows = json.loads(head) if head.startswith("[[") else []
    ended = signal.Signals(-status).name if status < 0 else status
    return {
        "ended": ended,
        "rows": rows,
        "text": rest if rows else text.decode(errors="replace"),
        "said": said.decode(),
    }


def main():
    """Serve requests until the input ends."""
    if sys.argv[1:] == ["nobody"]:
        # What is imported later may lie where nobody can look.
        for name in LATER.split():
            importlib.import_module(name)
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
