"""A Redis server of one's own: on a free port of the loopback, keeping everything it acknowledges."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

SERVER = shutil.which("redis-server") or "/usr/bin/redis-server"


def missing() -> str:
    """Return why no server can be started here, empty where one can."""
    if not Path(SERVER).is_file():
        return "redis-server is not installed (Debian: apt-get install redis-server)"
    try:
        import redis  # noqa: F401
    except ImportError:
        return "the package redis is not installed"
    return ""


class Server:
    """A server with a folder of its own.

    Args:
        folder: Where it keeps what it acknowledges.
        options: As on its command line, such as ``{"appendfsync": "everysec"}``.
    """

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.options = {
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
            "bind": "127.0.0.1",
            "dir": str(folder),
            "protected-mode": "no",
            "auto-aof-rewrite-percentage": "0",
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        import redis

        given = [part for k, v in self.options.items() for part in (f"--{k}", v)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [SERVER, "--port", str(self.port), *given], stdout=log, stderr=log
            )
        client = redis.Redis(port=self.port, socket_timeout=5)
        for _ in range(500):
            try:
                client.ping()
                break
            except redis.RedisError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        else:
            self.kill()
        client.close()
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"redis-server does not start: {(self.folder / 'log').read_text()[-500:]}")

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it, by default without a word."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
        self.process = None

    def pause(self) -> None:
        """Stop it in the midst of what it does: it takes connections and answers none."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)
