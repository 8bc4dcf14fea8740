"""A small project and a scripted model for it, asked over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from generate_helpers import HttpProvider

from poet.generate.request import Completion
from poet.lifecycle import Enhancement, Job, Step, enhance_many
from poet.plugins import loaded
from poet.spec import Options
from poet.testing import ModelServer, Project


class StreamProvider(HttpProvider):
    """Asks without a thread, so that a call that is given up is gone at once."""

    async def complete(self, request, *, timeout):
        address = urlsplit(request.api_base)
        reading, writing = await asyncio.open_connection(address.hostname, address.port)
        try:
            body = json.dumps({"messages": [m._asdict() for m in request.messages]}).encode()
            head = (
                f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n"
            )
            writing.write(head.encode() + body)
            answer = json.loads((await reading.read()).partition(b"\r\n\r\n")[2])
        finally:
            writing.close()
        choice = answer["choices"][0]
        return Completion(choice["message"]["content"], choice["finish_reason"], "m", 9, 9, 0.001)


HEAD = "def total(values: list[int]) -> int:\n"
LOOP = HEAD + "    found = 0\n    for v in values:\n        found += v * v\n    return found\n"
GOOD = HEAD + "    return sum(v * v for v in values)\n"
OTHER = HEAD + "    return sum([v**2 for v in values], 0)\n"
WRONG = HEAD + "    return sum(values)\n"
WORSE = HEAD + "    return len(values)\n"
REFUSED = "import socket\n\n\n" + GOOD
APP = f"""
from poet import poet


@poet()
{LOOP}"""
PYPROJECT = """
[project]
name = "example"
version = "0"

[tool.poet]
mode = "locked"
home = "home"
provider = "http"
"""


class Bench:
    """A project with functions to enhance."""

    def __init__(self, folder: Path, app: str = APP, more: str = "") -> None:
        self.project = Project(folder).write({"pyproject.toml": PYPROJECT + more, "app.py": app})
        self.folder = folder
        self.path = folder / "app.py"
        self.steps: list[Step] = []

    def job(self, name: str = "total", options: dict | None = None, **more) -> Job:
        return Job(self.path, name, Options.parse(options or {}, "app.py"), **more)

    def run(self, server: ModelServer | None = None, jobs=None, anew=False, **settings):
        """Enhance; by default ``total``, by the model of ``server``."""
        if server is not None:
            settings = {"model": "openai/scripted", "api_base": server.url, **settings}
        found = enhance_many(
            jobs or [self.job()], overrides=settings, anew=anew, progress=self.steps.append
        )
        return found[0] if jobs is None else found

    def version(self, name: str = "v1", function: str = "total") -> Path:
        return self.folder / ".poet" / function / name

    def metadata(self, name: str = "v1", function: str = "total") -> dict:
        return json.loads((self.version(name, function) / "metadata.json").read_text())

    def current(self, function: str = "total") -> str | None:
        path = self.folder / ".poet" / function / "current"
        return path.read_text().strip() if path.exists() else None

    def events(self, kind: str) -> list[dict]:
        found = []
        for path in sorted((self.folder / "home").rglob("*.jsonl")):
            found += [json.loads(line) for line in path.read_text().splitlines() if line]
        return [e["payload"] for e in found if e["type"] == kind]

    def cassettes(self) -> list[Path]:
        return sorted((self.folder / ".poet" / "cassettes").glob("*.json"))


@contextmanager
def provided(kind: type[HttpProvider] = HttpProvider, **options) -> Iterator[HttpProvider]:
    """Have a provider named ``http`` installed."""
    known = loaded().providers
    provider = known["http"] = kind(**options)
    try:
        yield provider
    finally:
        del known["http"]


def outcomes(result: Enhancement) -> list[str]:
    return [a.outcome for a in result.attempts]


def rungs(result: Enhancement) -> list[tuple[str, str]]:
    return [(r.name, r.outcome) for r in result.rungs]
