"""Guards, facts of an execution, and what generated code can reach of its function's module."""

# ruff: noqa: E501
from __future__ import annotations

import asyncio
import contextvars
import importlib.util
import math
import sys
import threading
import types
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

import poet.runtime
from poet import last_execution
from poet.errors import PoetError, PoetWarning, RuntimeTypeError, StoreError
from poet.events import uuid7
from poet.runtime import expect, observe
from poet.runtime._binding import load_code
from poet.runtime._execution import Execution, current_execution
from poet.testing import Project


@pytest.fixture
def execution():
    """A running execution."""
    found = Execution("shop.price", "v1")
    token = current_execution.set(found)
    yield found
    current_execution.reset(token)


PASSING = [
    (1, (int,)),
    (True, (int,)),
    (1, (float,)),
    (1, (complex,)),
    (None, (int, None)),
    ("a", (int, str)),
    ([], (list,)),
]
FAILING = [
    (1.0, (int,)),
    ("1", (int,)),
    (None, (int,)),
    (0, (None,)),
    (1, (bool,)),
    (1j, (float,)),
    ([], (tuple, str)),
]


@pytest.mark.parametrize(("value", "types"), PASSING)
def test_expect_accepts(execution, value, types):
    """A user would be warned of values that match their annotation."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expect("a", value, *types)
        expect("a", value, *types, strict=True)
    assert execution.facts is None


@pytest.mark.parametrize(("value", "types"), FAILING)
def test_expect_reports_and_never_rejects(execution, value, types):
    """A wrong value would go unseen, or stop a call that worked before."""
    with pytest.warns(
        PoetWarning, match=r"shop.price was given a of type \w+, its annotation says"
    ):
        expect("a", value, *types)
    assert "expected" in execution.facts["mismatch.a"]
    with pytest.raises(RuntimeTypeError, match=r"shop\.price returned"):
        expect("return", value, *types, strict=True)


def test_expect_does_not_consume():
    """A guard would eat the iterator that it looks at."""
    items = iter([1, 2])
    expect("a", items, types.GeneratorType, type(items))
    assert list(items) == [1, 2]


def test_observe(execution):
    """Facts would be lost, or attached to nothing and raise."""
    observe(a=1)
    observe(b=2, a=3)
    assert execution.facts == {"a": 3, "b": 2}
    contextvars.Context().run(observe, c=1)
    assert execution.facts == {"a": 3, "b": 2}


BASE = """
import math
import os.path as paths

LIMIT = 3
SECRET = "s"

def helper(x):
    return x + LIMIT

def add(x, mark=object()):
    return helper(x)
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "bound_app.py"
    path.write_text(BASE)
    spec = importlib.util.spec_from_file_location("bound_app", path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def version(module, body, allowed=("helper", "LIMIT", "math", "paths")):
    code = f"from poet.runtime import baseline, default, user\ndef add(x, mark=default('mark')):\n    {body}\n"
    return load_code(code, "<version>", "add", module.add, allowed)


def test_user_is_read_live(module, monkeypatch):
    """A test that patches the user's module would not reach the version."""
    add = version(module, "return user.helper(x) + user.LIMIT")
    assert add(1) == 7
    monkeypatch.setattr(module, "LIMIT", 10)
    assert add(1) == 21
    monkeypatch.setattr(module, "helper", lambda x: -x)
    assert add(1) == 9
    monkeypatch.delattr(module, "helper")
    with pytest.raises(AttributeError):
        add(1)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("return user.SECRET", "may not use 'SECRET'"), ("return user.math", "is a module"), ("return user.paths", "is a module"),
        ("user.LIMIT = 5", "may not assign 'LIMIT'"), ("return user.no_such", "may not use"), ("return user.__dict__", "may not use"),
    ],
)  # fmt: skip
def test_user_gives_nothing_else(module, body, text):
    """Generated code would reach modules and secrets that its function never used."""
    with pytest.raises(AttributeError, match=text):
        version(module, body)(1)
    assert module.LIMIT == 3


def test_module_swapped_in_later_is_not_given(module, monkeypatch):
    """A name that held a number would open a module once it is rebound."""
    add = version(module, "return user.LIMIT")
    monkeypatch.setattr(module, "LIMIT", math)
    with pytest.raises(AttributeError, match="is a module"):
        add(1)


def test_baseline_and_default(module):
    """A version would call something else than the user's function, or have another default."""
    assert version(module, "return baseline(x)")(1) == 4
    assert version(module, "return mark")(1) is module.add.__defaults__[0]
    stand_in = load_code(
        "from poet.runtime import baseline\ndef add(x):\n    return baseline(x)\n",
        "<v>",
        "add",
        module.add,
        (),
        lambda x: "played",
    )
    assert stand_in(1) == "played"
    for name in ("baseline", "default", "user"):
        with pytest.raises(PoetError, match="only inside a stored version"):
            getattr(poet.runtime, name)
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        poet.runtime.no_such  # noqa: B018
    with pytest.raises(StoreError, match="defines no function 'add'"):
        load_code("x = 1\n", "<v>", "add", module.add, ())


def test_two_versions_do_not_share_their_binding(module, tmp_path):
    """One function's version would call another function."""
    path = tmp_path / "bound_other.py"
    path.write_text(BASE.replace("LIMIT = 3", "LIMIT = 30"))
    spec = importlib.util.spec_from_file_location("bound_other", path)
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    one, two = (version(m, "return baseline(x) + user.LIMIT") for m in (module, other))
    assert (one(1), two(1)) == (7, 61)


APP = """
import asyncio
from poet import last_execution, poet

@poet()
def inner(x):
    return x

@poet()
def outer(x):
    before = last_execution()
    inner(x)
    return last_execution().function

@poet()
async def later(x):
    await asyncio.sleep(0)
    return x

@poet()
def fails(x):
    raise ValueError(x)

@poet()
def many(x):
    yield from range(x)
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("executions")
    Project(folder).write({"executed_app.py": APP})
    spec = importlib.util.spec_from_file_location("executed_app", folder / "executed_app.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules["executed_app"] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def off(monkeypatch):
    monkeypatch.setenv("POET_MODE", "off")
    monkeypatch.setenv("POET_EVENTS", "0")


def test_last_execution(app, off):
    """Feedback would be sent about another call than the one that is meant."""
    assert contextvars.Context().run(last_execution) is None
    app.inner(1)
    first = last_execution()
    assert (first.function, first.version, first.error) == ("inner", None, None)
    assert first.duration_ns > 0
    assert first.id == first.id == last_execution().id
    assert app.outer(1) == "inner"
    assert last_execution().function == "outer"
    with pytest.raises(ValueError, match="7"):
        app.fails(7)
    assert (last_execution().function, last_execution().error) == ("fails", "ValueError")
    assert list(app.many(2)) == [0, 1]
    assert last_execution().function == "many"
    assert last_execution().id != first.id
    assert len(uuid7()) == len(first.id)
    assert "inner" in repr(first)


def test_threads_and_tasks_have_their_own(app, off):
    """Under load feedback would land on another request's execution."""
    app.inner(0)
    mine = last_execution().id
    barrier = threading.Barrier(4)

    def work(number):
        assert contextvars.Context().run(last_execution) is None
        app.inner(number)
        barrier.wait()
        return last_execution().id

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(work, range(4)))
    assert len({*ids, mine}) == 5
    assert last_execution().id == mine

    async def task(number):
        await app.later(number)
        await asyncio.sleep(0)
        return last_execution().id

    async def run():
        return await asyncio.gather(*(task(n) for n in range(5)))

    assert len(set(asyncio.run(run()))) == 5
    assert last_execution().id == mine


def test_run_gives_value_and_id(app, off):
    """Where a context variable cannot serve, feedback would have no address."""
    found = app.inner.poet.run(5)
    assert (found.value, found.id) == (5, last_execution().id)

    async def run():
        return await asyncio.gather(*(app.later.poet.run(n) for n in range(4)))

    several = asyncio.run(run())
    assert [r.value for r in several] == [0, 1, 2, 3]
    assert len({r.id for r in several}) == 4
    with pytest.raises(ValueError, match="1"):
        app.fails.poet.run(1)
    with pytest.raises(PoetError, match=r"yields its values"):
        app.many.poet.run(1)
