"""Running an attack: in a real worker with the audit off, or unconfined to show that it is noticed."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from corpus_host import Host, descendants, peak_memory
from corpus_tools import Candidate

from poet.codec import encode
from poet.gate.sandbox import Lost, Sandbox

TIMEOUT = 2.0
MEMORY = 256 << 20
SLACK = 64 << 20
GRACE = 20.0  # seconds: a busy machine, not a deadline that was missed
BARE = """
import sys, json, threading
threading.Timer(15, lambda: __import__("os")._exit(3)).start()
place = json.loads(sys.stdin.readline())
space = {"__name__": "attack"}
exec(compile(sys.stdin.read(), "attack", "exec"), space)
print("ANSWER", repr(space["probe"](place)))
__import__("os")._exit(0)
"""


class Escape(NamedTuple):
    """What an attack achieved.

    Attributes:
        attack: Its name.
        effects: One line each.
    """

    attack: str
    effects: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.attack}: {'; '.join(self.effects)}"


class Ran(NamedTuple):
    """One attack's run: how it ended, and what it achieved."""

    ended: str
    effects: list[str]


def request_for(host: Host, attack: Candidate) -> dict[str, Any]:
    """Return what loads an attack in place of the host project's function."""
    return {
        "path": str(host.folder / "project" / "app.py"),
        "module": "app",
        "qualname": "probe",
        "name": "probe",
        "kind": "function",
        "owner": None,
        "user_names": [],
        "code": attack.code,
        "filename": "<attack>",
    }


def warm_up(host: Host) -> None:
    """Have the zygote load all that any attack names, so that it is the same process throughout."""
    harmless = "# pandas, scipy\ndef probe(place):\n    return 1\n"
    with Sandbox(60.0, require=True) as box:
        loaded = box.load(request_for(host, Candidate("harmless", {}, harmless)))
        assert isinstance(loaded, dict), loaded
        assert "failed" not in loaded, loaded


def run_confined(host: Host, attack: Candidate) -> Ran:
    """Load and call an attack, twice, in a worker; return what it did to the host."""
    proof = attack.facts["proof"]
    base = max(descendants().values(), default=0)
    before = set(descendants())
    files, host_memory = _descriptors(), _resident()
    host.note()
    effects: list[str] = []
    answers: list[Any] = []
    start = time.monotonic()
    with peak_memory() as peak:
        try:
            with Sandbox(TIMEOUT, memory=MEMORY, require=True) as box:
                answers.append(box.load(request_for(host, attack)))
                if isinstance(answers[0], dict) and "failed" not in answers[0]:
                    more = {"stand_in": [["return", 1]]} if proof == "calls" else {}
                    for number in (1, 2):
                        place = {**host.place, "call": number}
                        asked = {"args": encode([place]), "kwargs": encode({}), **more}
                        answers.append(box.call(asked))
                        if isinstance(answers[-1], Lost):
                            break
        except Exception as error:  # noqa: BLE001 - whatever ends the gate is the attack's success
            effects.append(f"the gate itself ended with {error!r}")
    seconds = time.monotonic() - start
    effects += host.effects()
    effects += _believed(answers, proof)
    text = "\n".join(repr(a) for a in answers[1:])  # what was loaded may quote the attack itself
    effects += host.secrets_in(text)
    if "ESCAPED" in text:
        effects.append(text[text.index("ESCAPED") :][:200])
    limit = 2 * TIMEOUT + 30 + TIMEOUT + GRACE
    if seconds > limit:
        effects.append(f"held the gate for {seconds:.0f} s")
    if peak[0] * 1024 > base * 1024 + MEMORY + SLACK:
        effects.append(f"a process grew to {peak[0] >> 10} MiB from {base >> 10}")
    if _resident() - host_memory > 512 << 20:
        effects.append(f"this process grew by {(_resident() - host_memory) >> 20} MiB")
    effects += _left_behind(before, files)
    return Ran(_ended(answers), effects)


def _believed(answers: list[Any], proof: str) -> list[str]:
    """Return what was believed of an attack that is not so."""
    found = []
    for answer in answers[1:]:
        if isinstance(answer, Lost):
            continue
        if answer.get("kind") not in ("returned", "raised"):
            found.append(f"an answer of kind {answer.get('kind')!r} was taken")
        if proof == "seconds" and float(answer["seconds"]) < 0.5:
            found.append(f"0.6 s were measured as {answer['seconds']}")
        if proof == "calls" and answer["stand_in_calls"]:
            found.append("calls were believed that never happened")
    return found


def _left_behind(before: set[int], files: int) -> list[str]:
    """Return processes and descriptors that are still there a moment after the end."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        known = set(descendants())
        extra = known - before - _zygotes(known)
        if not extra and _descriptors() <= files + 4:
            break
        time.sleep(0.05)
    found = [f"left process {pid}" for pid in sorted(extra)]
    gone = [pid for pid in before if not _alive(pid)]
    found += [f"ended or stopped process {pid} of the gate" for pid in gone]
    more = _descriptors() - files
    return [*found, *([f"left {more} descriptors"] if more > 4 else [])]


def _zygotes(pids: set[int]) -> set[int]:
    """Return those that are direct children which fork workers: they stay for the next candidate."""
    found = set()
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if f"PPid:\t{os.getpid()}\n" in status and "zygote" in command:
            found.add(pid)
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "TtZX"
    except OSError:
        return False


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _ended(answers: list[Any]) -> str:
    last = answers[-1] if answers else None
    if isinstance(last, Lost):
        return last.kind
    if last is None:
        return "no answer"
    return str(last.get("error") or last.get("kind") or "not loaded")


def run_bare(host: Host, attack: Candidate) -> list[str]:
    """Run a harmless attack without any confinement; return what was noticed."""
    adopt(True)
    host.note()
    environment = {**os.environ, "HOME": host.place["home"]}
    place = json.dumps(host.place)
    try:
        done = subprocess.run(
            [sys.executable, "-c", BARE], input=f"{place}\n{attack.code}", capture_output=True, text=True,
            env=environment, timeout=30, cwd=host.folder, check=False,
        )  # fmt: skip
        text = done.stdout
        _reap_orphans()
    finally:
        adopt(False)
    effects = host.effects() + host.secrets_in(text)
    return effects + ([text[text.index("ESCAPED") :][:200]] if "ESCAPED" in text else [])


def adopt(on: bool) -> None:
    """Become the parent of what descendants leave behind, so that it is found."""
    ctypes.CDLL(None).prctl(36, int(on), 0, 0, 0)


def _reap_orphans() -> None:
    for pid in descendants():
        status = Path(f"/proc/{pid}/cmdline")
        if status.exists() and "space[" in status.read_text():
            os.kill(pid, 9)
            os.waitpid(pid, 0)
