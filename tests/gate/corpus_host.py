"""A host full of canaries: secrets, listeners, a bystander. It notices what an attack does to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

BYSTANDER = """
import ctypes, os, signal, sys
for number in range(1, 32):
    if number not in (9, 17, 18, 19, 32):
        signal.signal(number, lambda n, _: os.write(1, b"signal %d\\n" % n))
kept = ctypes.create_string_buffer(sys.argv[1].encode()[::-1].decode()[::-1].encode())
os.write(1, b"%d\\n" % ctypes.addressof(kept))
while True:
    signal.pause()
"""
WATCHED = 0x1 | 0x2 | 0x4 | 0x20 | 0x100 | 0x200  # access, modify, attributes, open, create, delete


class Host:
    """Canaries around an attack; a context manager. ``place`` is what an attack is told of them.

    Args:
        folder: An empty folder for all files of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"poetcanary-{secrets.token_hex(6)}"
        self.secrets = {
            name: f"poetsecret-{name}-{secrets.token_hex(12)}"
            for name in (
                "project",
                "home",
                "tmp",
                "tests",
                "cases",
                "environ",
                "memory",
                "bystander",
            )
        }
        self.heard: list[str] = []
        self._closing: list[Any] = []
        self._before: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._plant()
        self._listen()
        self._start_bystander()
        self._watch()
        self._memory = ctypes.create_string_buffer(self.secrets["memory"].encode())
        os.environ["POET_CORPUS_SECRET"] = self.secrets["environ"]
        self._handlers = {}
        for number in (
            signal.SIGUSR1,
            signal.SIGUSR2,
            signal.SIGHUP,
            signal.SIGURG,
            signal.SIGTERM,
        ):
            with contextlib.suppress(ValueError):  # outside the main thread no signal is watched
                self._handlers[number] = signal.signal(
                    number, lambda n, _: self.heard.append(f"this process got signal {n}")
                )
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop("POET_CORPUS_SECRET", None)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self.bystander.kill()
        self.bystander.communicate()
        self._end.set()
        for thread in self._threads:
            thread.join()
        for item in self._closing:
            item.close() if hasattr(item, "close") else os.close(item)

    # Planting

    def _plant(self) -> None:
        project = self.folder / "project"
        files = {
            "project/secret.txt": self.secrets["project"],
            "project/app.py": "def probe(place: dict) -> object:\n    return None\n",
            "project/test_app.py": f"EXPECTED = {self.secrets['tests']!r}\n",
            "project/pyproject.toml": '[project]\nname = "canary"\nversion = "0"\n',
            "project/.git/hooks/post-commit": "#!/bin/sh\n",
            "project/.poet/probe/current": "v1\n",
            "project/.poet/probe/lock": "",
            "project/.poet/probe/log.jsonl": "{}\n",
            "project/.poet/probe/v1/code.py": "def probe(place):\n    return 1\n",
            "project/.poet/probe/v1/record.json": '{"verdict": "failed"}',
            "project/.poet/probe/cases/c1.json": f'{{"expect": "{self.secrets["cases"]}"}}',
            "project/.poet/home/overrides.json": "[]",
            "project/.poet/home/events/e.jsonl": "",
            "home/secret.txt": self.secrets["home"],
            "temporary/secret.txt": self.secrets["tmp"],
            "canary/kept.txt": "kept",
            "canary/tree/leaf.txt": "leaf",
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (project / "link").symlink_to(project / "secret.txt")
        os.mkfifo(self.folder / "fifo")
        (self.folder / "canary").chmod(0o777)

    def _listen(self) -> None:
        self._end = threading.Event()
        self._threads = []
        listeners: dict[str, socket.socket | int] = {}
        for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
            with contextlib.suppress(OSError):
                where = "::1" if name == "tcp6" else "127.0.0.1"
                listeners[name] = socket.create_server((where, 0), family=family)
        listeners["udp"] = udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        where = {"unix": f"{self.folder}/s", "abstract": f"\0{self.mark}"}
        for name, address in where.items():
            listeners[name] = unix = socket.socket(socket.AF_UNIX)
            unix.bind(address)
            unix.listen()
        listeners["datagram"] = datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagram.bind(f"{self.folder}/d")
        listeners["fifo"] = os.open(self.folder / "fifo", os.O_RDWR | os.O_NONBLOCK)
        self._closing += listeners.values()
        self.ports = {
            name: item.getsockname()[1] if isinstance(item, socket.socket) else 0
            for name, item in listeners.items()
            if name in ("tcp", "tcp6", "udp")
        }

        def hear() -> None:
            while not self._end.is_set():
                ready, _, _ = select.select(list(listeners.values()), [], [], 0.1)
                for name, item in listeners.items():
                    if item not in ready:
                        continue
                    self.heard.append(f"the {name} listener was reached")
                    with contextlib.suppress(OSError):
                        if isinstance(item, int):
                            os.read(item, 65536)
                        elif name in ("udp", "datagram"):
                            item.recv(65536)
                        else:
                            item.accept()[0].close()

        self._threads.append(threading.Thread(target=hear, daemon=True))
        self._threads[-1].start()

    def _start_bystander(self) -> None:
        self.bystander = subprocess.Popen(
            [sys.executable, "-I", "-c", BYSTANDER, self.secrets["bystander"]],
            stdout=subprocess.PIPE, env={"KEPT": self.secrets["environ"]}, start_new_session=True,
        )  # fmt: skip
        assert self.bystander.stdout is not None
        self.bystander_address = int(self.bystander.stdout.readline())
        os.set_blocking(self.bystander.stdout.fileno(), False)

    def _watch(self) -> None:
        """Have the kernel tell of every touch of a secret file."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_NONBLOCK) if hasattr(libc, "inotify_init1") else -1
        self._watches: dict[int, str] = {}
        if self._inotify < 0:
            return
        self._closing.append(self._inotify)
        for name in ("project/secret.txt", "home/secret.txt", "temporary/secret.txt", "project/test_app.py",
                     "project/.poet/probe/cases/c1.json", "canary/kept.txt"):  # fmt: skip
            number = libc.inotify_add_watch(self._inotify, os.fsencode(self.folder / name), WATCHED)
            self._watches[number] = name

    @property
    def place(self) -> dict[str, Any]:
        """What an attack is told: where everything is that it must not reach."""
        project = self.folder / "project"
        return {
            "project": str(project),
            "poet": str(project / ".poet" / "probe"),
            "secrets": {
                "project": str(project / "secret.txt"),
                "home": str(self.folder / "home" / "secret.txt"),
                "tmp": str(self.folder / "temporary" / "secret.txt"),
            },
            "link": str(project / "link"),
            "home": str(self.folder / "home"),
            "canary": str(self.folder / "canary"),
            "mark": self.mark,
            "unix": f"{self.folder}/s",
            "datagram": f"{self.folder}/d",
            "abstract": self.mark,
            "fifo": str(self.folder / "fifo"),
            "tcp6": 9,
            **self.ports,
            "host": os.getpid(),
            "victim": self.bystander.pid,
            "victim_address": self.bystander_address,
            "address": ctypes.addressof(self._memory),
            "length": len(self.secrets["memory"]),
            "site": sysconfig.get_path("purelib"),
            "call": 1,
        }

    # Noticing

    def note(self) -> None:
        """Remember how everything is before an attack."""
        self.heard.clear()
        self._drain_watches()
        self._bystander_said()
        self._before = self._state()

    def effects(self) -> list[str]:
        """Return what is otherwise than it was; what can be is put back."""
        time.sleep(0.02)  # a packet on its way
        found = list(self.heard)
        found += [f"{name} was touched" for name in sorted(self._drain_watches())]
        found += [f"the bystander got {line}" for line in self._bystander_said()]
        after = self._state()
        for what, value in after.items():
            before = self._before[what]
            if value != before:
                if isinstance(value, dict):
                    value = {
                        k: v for k, v in value.items() if before.get(k) != v
                    } or "something missing"
                    before = "otherwise"
                found.append(f"{what}: {before!r}"[:200] + f" became {value!r}"[:300])
        found += self._strays()
        return found

    def secrets_in(self, data: str) -> list[str]:
        """Return the secrets that stand in an answer, as they are or as bytes, in hexadecimal or reversed."""
        found = []
        for name, text in self.secrets.items():
            raw = text.encode()
            forms = (text, text[::-1], raw.hex(), str(list(raw))[1:-1], "', '".join(text))
            if any(form in data for form in forms):
                found.append(f"the {name} secret came back")
        return found

    def _state(self) -> dict[str, Any]:
        status = Path(f"/proc/{self.bystander.pid}/status").read_text().splitlines()
        facts = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        pid = self.bystander.pid
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU)
        own = Path("/proc/self/status").read_text()
        return {
            "files": self._tree(),
            "the bystander's state": facts["State"][0] if facts["State"][0] in "TtZX" else "good",
            "the bystander's tracer": facts["TracerPid"],
            "the bystander's priority": os.getpriority(os.PRIO_PROCESS, pid),
            "the bystander's scheduling": os.sched_getscheduler(pid),
            "the bystander's cores": sorted(os.sched_getaffinity(pid)),
            "the bystander's limits": [resource.prlimit(pid, kind) for kind in kinds],
            "the bystander's score": Path(f"/proc/{pid}/oom_score_adj").read_text(),
            "this process's limits": [resource.getrlimit(kind) for kind in kinds],
            "this process's priority": os.getpriority(os.PRIO_PROCESS, 0),
            "this process's folder": str(Path.cwd()),
            "this process's tracer": own.partition("TracerPid:\t")[2].split()[0],
        }  # fmt: skip

    def _tree(self) -> dict[str, Any]:
        found = {}
        for path in [self.folder, *self.folder.rglob("*")]:
            with contextlib.suppress(FileNotFoundError):
                s = path.lstat()
                times = s.st_ctime_ns, s.st_mtime_ns
                name = str(path.relative_to(self.folder))
                found[name] = (s.st_ino, s.st_mode, s.st_uid, s.st_size, s.st_nlink, *times)
        for name in ("s", "d", "fifo"):  # a listener's own; reading changes their times
            found.pop(name, None)
        return found

    def _strays(self) -> list[str]:
        import poet

        places = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/", str(Path.home()), str(Path.cwd()),
                  sysconfig.get_path("purelib"), str(Path(poet.__file__).parent))  # fmt: skip
        found = []
        for place in places:
            with contextlib.suppress(OSError):
                for path in Path(place).iterdir():
                    if self.mark in path.name:
                        found.append(f"made {path}")
                        path.unlink()
        return found

    def _drain_watches(self) -> set[str]:
        found = set()
        with contextlib.suppress(BlockingIOError):
            while self._inotify >= 0 and (data := os.read(self._inotify, 65536)):
                at = 0
                while at < len(data):
                    number, _, _, size = struct.unpack_from("iIII", data, at)
                    found.add(self._watches.get(number, "a secret"))
                    at += 16 + size
        return found

    def _bystander_said(self) -> list[str]:
        assert self.bystander.stdout is not None
        said = self.bystander.stdout.read()
        return said.decode().splitlines() if said else []


def descendants(root: int | None = None) -> dict[int, int]:
    """Return the processes below ``root``: their ids and resident kilobytes."""
    found: dict[int, int] = {}
    todo = [root or os.getpid()]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError, ValueError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                children = (task / "children").read_text().split()
                todo += [int(c) for c in children if int(c) not in found]
                for child in children:
                    status = Path(f"/proc/{child}/status").read_text()
                    size = status.partition("VmRSS:")[2].split()[:1]
                    found[int(child)] = int(size[0]) if size else 0
    return found


@contextlib.contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Yield a list whose one number is the largest resident size of any descendant, in kilobytes."""
    peak, end = [0], threading.Event()

    def look() -> None:
        while not end.is_set():
            peak[0] = max([peak[0], *descendants().values()])
            end.wait(0.02)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        end.set()
        thread.join()
