"""Recording on the call path: what is kept of calls, where, for how long, and that no call ever fails."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import warnings

import numpy as np
import polars as pl
import pytest
from cases_helpers import Window

from poet import plugins
from poet.cases import recorded, recordings
from poet.cases._writer import flush
from poet.cases.recording import Recorder, prune
from poet.codec import encode
from poet.errors import CaseError, PoetWarning
from poet.hookspecs import hookimpl
from poet.testing import Project


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def recorder(home, **options):
    return Recorder(home, "f", "app.py", **options)


def record(one, ident, *args, value=None, error=None, **kwargs):
    call = one.begin(ident, "v1", args, kwargs)
    if call is not None:
        one.end(call, value, error, 0.5)
    assert flush()


def test_arguments_are_kept_as_they_were_before_the_call(home):
    """A function that changes its arguments would be replayed on what it left of them."""
    frame, array, plain = pl.DataFrame({"x": [1, 2]}), np.arange(900.0), [1, {"a": [2]}]
    one = recorder(home, clock=lambda: 7.0, fingerprint=lambda: "abc")
    call = one.begin("e1", "v1", (frame, array, plain), {"w": Window([1])})
    before = encode([frame, array, plain])
    frame[0, "x"] = 99
    frame.insert_column(0, pl.Series("y", [0, 0]))
    array[:] = -1
    plain[1]["a"].append(3)
    one.end(call, {"alarm": False}, None, 0.5)
    found = recorded(home, "e1")
    assert encode(list(found.args)) == before
    assert found.kwargs == {"w": Window([1])}
    assert found._replace(args=(), kwargs={}) == (
        "e1", "f", "app.py", "v1", 7.0, (), {}, found.outcome, "abc", "", {},
    )  # fmt: skip
    assert found.outcome[:4] == ("returned", {"alarm": False}, "", 0.5)
    assert recorded(home, "e2") is None
    assert recorded(home, "../../etc/passwd") is None


def test_an_exception_is_kept_with_its_arguments(home):
    """A crash in production could not become a case."""
    record(recorder(home), "e1", 1, error=ZeroDivisionError("by", 0))
    outcome = recorded(home, "e1").outcome
    assert outcome[:3] == ("raised", ["by", 0], "ZeroDivisionError")
    record(recorder(home), "e2", 1, error=KeyboardInterrupt())
    assert recorded(home, "e2") is None


def test_what_cannot_be_kept_is_named_and_not_run_again(home):
    """A call with a connection would be replayed without it, or fail for it."""
    one = recorder(home, max_mb=1)
    record(one, "live", sqlite3.connect(":memory:"), 1)
    record(one, "large", b"x" * 200_000)
    record(one, "whole", 1, value=b"x" * 200_000)
    assert "sqlite3.Connection" in recorded(home, "live").missing
    assert recorded(home, "large").missing == "inputs of more than 131,072 bytes"
    assert recorded(home, "whole").missing == ""
    assert recorded(home, "whole").outcome.value["__unverifiable__"] is True
    assert [r.execution_id for r in recordings(home, "f", "app.py")] == ["whole"]
    assert len(list(recordings(home, "f", "app.py", whole=False))) == 3
    assert list(recordings(home, "g", "app.py")) == list(recordings(home, "f", "b.py")) == []


def test_a_reference_that_calls_share_is_kept_once(home):
    """A thousand calls would keep a thousand copies of one reference and push everything else out."""
    reference = pl.DataFrame(
        {f"c{n}": np.random.default_rng(n).normal(size=2000) for n in range(4)}
    )
    one = recorder(home)
    for n in range(30):
        record(one, f"e{n:02}", reference, pl.DataFrame({"x": [n]}))
    assert len(list((home / "recorded" / "tables").iterdir())) == 31
    found = list(recordings(home, "f", "app.py"))
    assert [r.args[1]["x"][0] for r in found] == list(range(30))
    assert all(r.args[0].equals(reference) for r in found)
    found[0].args[0][0, "c0"] = 5.0
    assert found[1].args[0].equals(reference)  # they are no views of each other


def test_the_oldest_go_first_and_take_their_tables_along(home):
    """The disk would fill, or the newest executions go, or a table that is still used."""
    one = recorder(home)
    shared = pl.DataFrame({"x": np.arange(5000.0)})
    for n in range(20):
        record(one, f"e{n:02}", shared, pl.DataFrame({"n": np.full(3000, float(n))}))
    now = time.time()
    folder = next(p for p in (home / "recorded").iterdir() if p.name.startswith("f-"))
    for path in folder.iterdir():
        age = (20 - int(path.name[1:3])) * 86400
        os.utime(path, (now - age, now - age))
    for path in (home / "recorded" / "tables").iterdir():
        n = pl.read_parquet(path)
        if "n" in n.columns:
            age = (20 - n["n"][0]) * 86400
            os.utime(path, (now - age, now - age))
    done = prune(home, max_mb=100, days=10.5, now=now)
    assert (done.executions, done.tables) == (10, 10)
    assert [r.execution_id for r in recordings(home, "f", "app.py")] == [
        f"e{n:02}" for n in range(10, 20)
    ]
    before = sum(p.stat().st_size for p in (home / "recorded").rglob("*") if p.is_file())
    assert before < done.bytes_left
    os.utime(folder / "e19.json", (now, now))
    one.max_bytes, one.days = done.bytes_left // 2, 10.5
    one._looked = 0.0
    record(one, "e20", 1)
    left = [r.execution_id for r in recordings(home, "f", "app.py")]
    assert left[-1] == "e20"
    assert 1 < len(left) < 9
    assert left == sorted(left)


def test_a_share_is_chosen_by_the_id_alone(home):
    """Two processes would keep different samples, or a share would not be that share."""
    one, two = recorder(home, share=0.2), recorder(home, share=0.2)
    ids = [f"{n:032x}" for n in range(4000)]
    chosen = [i for i in ids if one.chooses(i)]
    assert chosen == [i for i in ids if two.chooses(i)]
    assert 700 < len(chosen) < 900
    assert not recorder(home, share=0.0).chooses("x")
    left_out = next(i for i in ids if i not in chosen)
    record(one, left_out, 1)
    assert recorded(home, left_out) is None


def test_damage_is_skipped_in_a_list_and_told_of_one(home):
    """One bad file would end every replay; or a case would be made of half an execution."""
    one = recorder(home)
    for n in range(4):
        record(one, f"e{n}", pl.DataFrame({"x": np.full(9, float(n))}))
    files = sorted(p for p in (home / "recorded").rglob("e*.json"))
    files[0].write_text("{")
    files[1].write_text("[]")
    table = json.loads(files[2].read_text())["inputs"][0]["v"][0]["file"]
    (home / "recorded" / "tables" / table).unlink()
    assert [r.execution_id for r in recordings(home, "f", "app.py")] == ["e3"]
    for ident in ("e0", "e1", "e2"):
        with pytest.raises(CaseError):
            recorded(home, ident)


def test_a_disk_that_cannot_be_written_fails_no_call(home):
    """A full disk would take production down with it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text("a file where a folder should be")
    one = recorder(home)
    with pytest.warns(PoetWarning, match="are not recorded"):
        record(one, "e1", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        record(one, "e2", 1)
    assert one.failed == 2


class Secrets:
    """A plugin that leaves names out and encrypts what is kept."""

    @hookimpl
    def poet_redact(self, args, kwargs):
        if args[0] == "broken":
            raise RuntimeError("no rule for this")
        return ("***", *args[1:]), kwargs

    @hookimpl
    def poet_redact_result(self, value):
        return {k: v for k, v in value.items() if k != "name"}

    @hookimpl
    def poet_encrypt(self, data):
        return b"sealed" + bytes(b ^ 0x5A for b in data)

    @hookimpl
    def poet_decrypt(self, data):
        assert data.startswith(b"sealed")
        return bytes(b ^ 0x5A for b in data[6:])


@pytest.fixture
def secrets():
    plugin = Secrets()
    manager = plugins.loaded().manager
    manager.register(plugin)
    yield plugin
    if manager.is_registered(plugin):
        manager.unregister(plugin)


def test_what_the_module_holds_is_kept_as_far_as_it_is_data(home):
    """A call would run again on another reference than it ran on, or one live object spoil it all."""
    held = {"REFERENCE": {"a": [1.0, 2.0]}, "OPEN": {"lock": threading.Lock()}, "T": pl.Series([1])}
    one = recorder(home, held=lambda: held)
    call = one.begin("e1", None, (1,), {})
    held["REFERENCE"]["a"].append(3.0)
    one.end(call, 1, None, 0.1)
    found = recorded(home, "e1")
    assert found.missing == ""
    assert found.names["REFERENCE"] == {"a": [1.0, 2.0]}
    assert found.names["T"].to_list() == [1]
    assert "OPEN" not in found.names


def test_where_arguments_are_redacted_nothing_of_the_module_is_kept_unasked(home, secrets):
    """A name that a plugin keeps out of the arguments would lie on the disk by another way."""
    one = recorder(home, held=lambda: {"CUSTOMERS": ["Ada"], "SIZES": [1]})
    record(one, "e1", "Ada", value={})
    assert recorded(home, "e1").names == {}
    secrets_of_names = NamesToo()
    plugins.loaded().manager.register(secrets_of_names)
    try:
        record(one, "e2", "Ada", value={})
    finally:
        plugins.loaded().manager.unregister(secrets_of_names)
    assert recorded(home, "e2").names == {"SIZES": [1]}


class NamesToo:
    """A plugin that says which names may be kept."""

    @hookimpl
    def poet_redact_names(self, names):
        return {k: v for k, v in names.items() if k == "SIZES"}


def test_what_is_redacted_never_reaches_the_disk_and_the_rest_is_encrypted(home, secrets):
    """A customer's name would lie in clear text on the machine."""
    one = recorder(home)
    frame = pl.DataFrame({"x": ["readable"] * 100})
    record(one, "e1", "Ann", frame, value={"name": "Ann", "score": 1})
    found = recorded(home, "e1")
    assert found.args[0] == "***"
    assert found.args[1].equals(frame)
    assert found.outcome.value == {"score": 1}
    files = [p for p in home.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} == {".enc"}
    assert not any(b"Ann" in p.read_bytes() or b"readable" in p.read_bytes() for p in files)
    record(one, "e2", "Ben", frame, value={})
    assert len(list(home.rglob("*.parquet.enc"))) == 1
    with pytest.warns(PoetWarning, match="no rule for this"):
        record(one, "e3", "broken", value={})
    assert recorded(home, "e3") is None
    plugins.loaded().manager.unregister(secrets)
    with pytest.raises(CaseError, match="no plugin decrypts it"):
        recorded(home, "e1")
    assert list(recordings(home, "f", "app.py")) == []


@pytest.mark.parametrize("made", [None, b"same", "text"])
def test_a_plugin_that_encrypts_nothing_keeps_nothing(home, secrets, monkeypatch, made):
    """A broken plugin would have plain text written where encrypted data was promised."""
    manager = plugins.loaded().manager
    manager.unregister(secrets)

    class Broken:
        @hookimpl
        def poet_encrypt(self, data):
            return data if made == b"same" else made

    broken = Broken()
    manager.register(broken)
    try:
        with pytest.warns(PoetWarning, match="poet_encrypt returned"):
            record(recorder(home), "e1", 1)
        assert not any(p.is_file() for p in home.rglob("*"))
    finally:
        manager.unregister(broken)


def test_many_threads_record_at_once(home):
    """Calls of a server's threads would lose each other's inputs."""
    one = recorder(home)
    shared = pl.DataFrame({"x": np.arange(500.0)})

    def work(number):
        for n in range(20):
            call = one.begin(f"e{number}-{n:02}", None, (shared, [number, n]), {})
            one.end(call, n, None, 0.0)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert flush()
    found = list(recordings(home, "f", "app.py"))
    assert len(found) == 120
    assert all(r.args[1] == [int(r.execution_id[1]), r.outcome.value] for r in found)


APP = """
import asyncio
from dataclasses import dataclass
from poet import poet

@dataclass
class Order:
    items: list

@poet(record="on_feedback")
def total(order: Order, bonus=0) -> float:
    order.items.append(99)
    if bonus < 0:
        raise ValueError("no", bonus)
    return sum(order.items) + bonus

@poet(record="on_feedback")
async def wait(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1

@poet(record="on_feedback")
def count(x: int):
    yield from range(x)

class Shop:
    @poet(record="on_feedback")
    def price(self, x: int) -> int:
        return x

@poet()
def quiet(x: int) -> int:
    return x
"""


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "app").write({"app.py": APP})


def lost(name):
    """Return how a value that is not kept is read."""
    return {"__type__": name, "__unverifiable__": True}


def test_calls_are_recorded_in_one_process_and_read_in_another(project, tmp_path):
    """Feedback of another process would find no inputs, and a fork or an exit would lose some."""
    env = {"POET_MODE": "locked", "POET_HOME": str(tmp_path / "live")}
    done = project.python(
        """
        import asyncio, os, warnings
        warnings.simplefilter("ignore")
        import app
        from app import Order, Shop, count, quiet, total, wait
        total(Order([1, 2]), bonus=3)
        try:
            total(Order([]), bonus=-1)
        except ValueError:
            pass
        asyncio.run(wait(1))
        assert list(count(2)) == [0, 1]
        Shop().price(1)
        quiet(1)
        if not (child := os.fork()):
            total(Order([7]))
            raise SystemExit  # through the usual end of an interpreter
        os.waitpid(child, 0)
        """,
        env=env,
    )
    assert done.code == 0, done.out
    done = project.python(
        """
        from pathlib import Path
        from poet.cases import recordings
        home = Path(__import__("os").environ["POET_HOME"])
        for name in ("total", "wait", "count", "Shop.price", "quiet"):
            for r in recordings(home, name, "app.py", whole=False):
                print(name, list(r.args), dict(r.kwargs), r.outcome[:3], bool(r.missing), len(r.fingerprint))
        import sys; assert "app" not in sys.modules
        """,
        env=env,
    )
    kept = "<app.Order as it was recorded>"
    assert done.out.splitlines() == [
        f"total [{kept}] {{'bonus': 3}} ('returned', 105, '') False 64",
        f"total [{kept}] {{'bonus': -1}} ('raised', ['no', -1], 'ValueError') False 64",
        f"total [{kept}] {{}} ('returned', 106, '') False 64",
        "wait [1] {} ('returned', 2, '') False 64",
        f"count [2] {{}} ('returned', {lost('values that were yielded one by one')}, '') False 64",
        f"Shop.price [{lost('app.Shop')}, 1] {{}} ('returned', 1, '') True 64",
    ]


def test_only_the_owner_can_read_what_is_recorded(home):
    """Any user of the machine could read production's inputs."""
    record(recorder(home), "e1", pl.DataFrame({"x": [1]}))
    for path in (home / "recorded").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
