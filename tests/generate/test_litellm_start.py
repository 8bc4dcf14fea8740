"""Starting and ending the process of litellm where litellm is missing, broken or loud."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from poet.errors import ProviderError
from poet.generate.litellm_provider import LitellmProvider
from poet.generate.request import Message, Request

KEY = "sk-test-planted-4711-abcdefgh"


def start(provider: LitellmProvider) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        asyncio.run(provider.describe("openai/gpt-5", None))
    asyncio.run(provider.close())
    return caught.value


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


async def briefly(provider: LitellmProvider) -> None:
    await asyncio.wait_for(provider.describe("openai/gpt-5", None), 0.5)


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "poet-litellm"]


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forgot the extra would read a traceback instead of the command that installs it."""
    plant(tmp_path, monkeypatch, sitecustomize=(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "def version(name):\n"
        "    if name == 'litellm':\n"
        "        raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
    ))  # fmt: skip
    error = start(LitellmProvider())
    assert error.kind == "model"
    assert not error.passing
    assert "pip install 'poet-ml[llm]'" in str(error)


def test_a_litellm_that_breaks_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its noise would fill the terminal or block it for ever, and its error could show a key."""
    plant(tmp_path, monkeypatch, httpx="class HTTPTransport: handle_request = None\n"
          "class SyncByteStream: pass\n", litellm=(
        "import os, sys\n"
        "for stream in (sys.stdout, sys.stderr):\n"
        "    stream.write('noise ' * 200_000)\n"
        "raise RuntimeError('cannot work with ' + os.environ['OPENAI_API_KEY'] + '\\x1b[31m')\n"
    ))  # fmt: skip
    provider = LitellmProvider()
    error = start(provider)
    assert error.kind == "model"
    assert "cannot be used: cannot work with [secret]\n" in str(error)
    assert "\x1b" not in str(error)
    assert capfd.readouterr() == ("", "")
    assert threads() == []


def test_a_process_that_dies_at_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run would wait for ever for a process that is gone."""
    plant(tmp_path, monkeypatch, httpx="import os, sys\n"
          "sys.stderr.write('out of memory ' + os.environ['OPENAI_API_KEY']); sys.stderr.flush()\n"
          "os._exit(7)\n", litellm="")  # fmt: skip
    error = start(LitellmProvider())
    assert error.kind == "network"
    assert "ended (7): out of memory [secret]" in str(error)


def test_a_release_with_malicious_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two releases of litellm sent keys away; nobody should go on with one of them."""
    folder = tmp_path / "litellm-1.82.8.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: litellm\nVersion: 1.82.8\n")
    plant(tmp_path, monkeypatch, httpx="class HTTPTransport: handle_request = None\n"
          "class SyncByteStream: pass\n", litellm="raise SystemExit('it was imported')\n")  # fmt: skip
    error = start(LitellmProvider())
    assert "1.82.8" in str(error)
    assert "malicious" in str(error)


def test_an_interpreter_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that was moved would show as a crash in the middle of a run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    error = start(LitellmProvider())
    assert "could not be started: No such file" in str(error)
    assert error.where == str(tmp_path / "python")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_started_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run without a model would pay for litellm."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    provider = LitellmProvider()
    asyncio.run(provider.close())
    assert provider.name == "litellm"


def test_a_forgotten_provider_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that never closes it would collect processes, threads and folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    plant(tmp_path, monkeypatch, httpx="import time; time.sleep(60)\n", litellm="")
    provider = LitellmProvider()

    with pytest.raises(TimeoutError):
        asyncio.run(briefly(provider))
    child = provider._child
    assert child is not None
    assert len(list(tmp_path.glob("poet-llm-*"))) == 1
    del provider
    gc.collect()
    assert child._process.returncode is not None
    assert list(tmp_path.glob("poet-llm-*")) == []
    assert threads() == []


def test_close_ends_who_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in flight would hang when a run is stopped."""
    plant(tmp_path, monkeypatch, httpx="import time; time.sleep(60)\n", litellm="")

    async def run() -> ProviderError:
        provider = LitellmProvider()
        asked = Request("f", (Message("user", "x" * 1_000_000),), "openai/gpt-5", 10)
        call = asyncio.create_task(provider.complete(asked, timeout=60))
        await asyncio.sleep(0.2)
        await provider.close()
        with pytest.raises(ProviderError) as caught:
            await call
        return caught.value

    assert asyncio.run(run()).kind == "network"
    assert threads() == []


def test_poet_does_not_import_litellm() -> None:
    """Every program would pay seconds and 180 MB for a library it may never need."""
    program = (
        "import sys, poet.generate.litellm_provider; "
        "print([m for m in ('litellm', 'httpx', 'openai', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={**os.environ},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
