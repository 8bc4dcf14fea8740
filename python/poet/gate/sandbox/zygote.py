"""The zygote: a process that has imported the heavy libraries and forks workers from itself.

It is started with an empty environment in ``/`` and holds no secret, no test and no expected value.
It never uses what it imports: a pool of threads that a library starts at first use would be missing
in every child. Requests come over a socket, with the two descriptors of the new worker beside them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
import traceback
import warnings
from typing import Any

from poet.gate.sandbox.layers import library_path

__all__ = ["main"]

MAX_REQUEST = 1 << 16


def main(control_fd: int, preload: list[str], added: list[str], closed: list[str]) -> None:
    """Import ``preload``, then fork a worker for each request until the parent is gone.

    Args:
        control_fd: The socket to the parent.
        preload: Names of modules.
        added: Folders of POET and its domains.
        closed: Folders of projects, which no worker imports from.
    """
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    control = socket.socket(fileno=control_fd)
    sys.path[:] = library_path(added, closed)
    problems = {}
    for name in preload:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a library that does not import is the worker's to report
            problems[name] = repr(error)
    import poet.gate.sandbox.worker  # noqa: F401 - so that no child has to

    gc.collect()
    gc.freeze()
    control.sendall(_line({"number": 0, "problems": problems, "path": sys.path}))
    while True:
        try:
            data, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 2)
        except OSError:
            data, descriptors = b"", []
        if not data:
            _end()
        # A request that nobody waits for may stand before one that somebody does.
        for line in data.splitlines():
            _serve(control, json.loads(line), descriptors)


def _serve(control: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    if request["op"] == "fork":
        _fork(control, request, descriptors)
    else:
        status = _reap(request["pid"])
        control.sendall(_line({"number": request["number"], "status": status}))


def _end() -> None:
    """End with all workers, those included that no kernel would end with their parent."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getsid(0):  # a session of our own, as started
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _fork(control: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(_line({"number": request["number"], "pid": 0, "problem": str(error)}))
        return
    if pid == 0:
        status = 70
        try:
            _become_worker(request["config"], *descriptors)
            status = 0
        except BaseException:  # noqa: BLE001 - it is shown as what the worker last printed
            traceback.print_exc()
        finally:
            os._exit(status)
    for descriptor in descriptors:
        os.close(descriptor)
    handles = []
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):  # the child is not reaped yet, so the pid is its own
            handles = [os.pidfd_open(pid)]
    answer = {"number": request["number"], "pid": pid, "handles": len(handles)}
    socket.send_fds(control, [_line(answer)], handles)
    for handle in handles:
        os.close(handle)


def _reap(pid: int) -> int | None:
    """Return the exit status of a worker that has ended or is just being killed."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    return None


def _become_worker(config: dict[str, Any], conversation: int, output: int) -> None:
    """Leave nothing of the zygote but its memory, confine this process and serve."""
    from poet.gate.sandbox import worker

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    saved = os.dup(conversation), os.dup(output)
    keep = 3
    os.dup2(null, 0)
    os.dup2(saved[1], 1)
    os.dup2(saved[1], 2)
    os.dup2(saved[0], keep)
    os.set_inheritable(keep, False)
    os.closerange(keep + 1, 65536)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - the process's own
    rows: list[Any] = []
    if config["confine"]:
        from poet._native import confine

        rows = confine(
            config["read"], config["write"], config["memory"], config["cpu_seconds"],
            config["network"], "worker",
        )  # fmt: skip
    worker.serve(keep, [list(r) for r in rows])
