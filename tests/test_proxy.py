"""The call: decorated functions behave as undecorated, on the baseline and on a version."""

# ruff: noqa: E501
from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import pickle
import subprocess
import sys
import traceback
import warnings

import pytest

from poet import last_execution, poet
from poet.errors import (
    ConfigError,
    DuplicateFunctionError,
    FunctionError,
    PoetWarning,
    UnknownDomainError,
    VersionStateError,
)
from poet.lifecycle import enhance
from poet.testing import Project

KINDS = '''
"""Every kind of function."""
from __future__ import annotations
import functools
from collections.abc import AsyncIterator, Generator
{head}

EVENTS = []

{at}
def plain(a: int, /, b: int = 2, *rest: int, c: int = 3, **more: int) -> tuple:
    """What it is for."""
    return (a, b, rest, c, more)

{at}
def fails(text: str) -> str:
    raise KeyError(text, 7)

{at}
async def waits(a: int) -> int:
    if a < 0:
        raise ValueError(a)
    return a + 1

{at}
def talks(a: int) -> Generator[int, int, str]:
    try:
        sent = yield a
        while sent is not None:
            try:
                sent = yield sent * 2
            except ValueError as error:
                sent = yield error.args
        return "done"
    finally:
        EVENTS.append("closed")

{at}
async def streams(a: int) -> AsyncIterator[int]:
    try:
        for number in range(a):
            yield number
    finally:
        EVENTS.append("async closed")

class Shop:
    """A class with methods of every sort."""
    name = "shop"

    {at}
    def method(self, a: int) -> tuple:
        return (type(self).__name__, self.name, a)

    {at}
    @classmethod
    def for_class(cls, a: int) -> tuple:
        return (cls.__name__, a)

    @staticmethod
    {at}
    def static(a: int) -> int:
        return a

    @property
    {at}
    def size(self) -> int:
        return 7

class Small(Shop):
    name = "small"

    def method(self, a: int) -> tuple:
        return ("small", *super().method(a))
'''
NAMES = [
    "plain",
    "fails",
    "waits",
    "talks",
    "streams",
    "Shop.method",
    "Shop.for_class",
    "Shop.static",
    "Shop.size",
]


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the functions undecorated, decorated, and decorated with versions."""
    folder = tmp_path_factory.mktemp("kinds")
    Project(folder).write({
        "kinds_plain.py": KINDS.format(head="", at=""),
        "kinds_off/kinds_baseline.py": KINDS.format(head="from poet import poet", at="@poet()"),
        "kinds_on/kinds_version.py": KINDS.format(head="from poet import poet", at="@poet()"),
    })  # fmt: skip
    for name in NAMES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("POET_EVENTS", "0")
            from poet.spec import Options

            result = enhance(
                folder / "kinds_on/kinds_version.py", name, Options(), module="kinds_version"
            )
            assert result.good, result.message
    return folder


@pytest.fixture
def undecorated(folder):
    return load(folder / "kinds_plain.py", "kinds_plain")


@pytest.fixture(params=["baseline", "version"])
def kinds(folder, request, monkeypatch):
    monkeypatch.setenv("POET_EVENTS", "0")
    monkeypatch.setenv("POET_MODE", "off" if request.param == "baseline" else "locked")
    path = (
        "kinds_off/kinds_baseline.py"
        if request.param == "baseline"
        else "kinds_on/kinds_version.py"
    )
    module = load(folder / path, f"kinds_{request.param}")
    module.wanted = None if request.param == "baseline" else "v1"
    return module


def resolve(module, name):
    found = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = getattr(found, "fget", None) or found
    return getattr(found, "__func__", found)


@pytest.mark.parametrize("name", NAMES)
def test_looks_as_undecorated(kinds, undecorated, name):
    """A framework that inspects functions would treat a decorated one as another kind."""
    ours, theirs = resolve(kinds, name), resolve(undecorated, name)
    for ask in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction,
                inspect.isfunction, inspect.signature, inspect.getdoc, inspect.get_annotations):  # fmt: skip
        assert ask(ours) == ask(theirs)
    assert (ours.__name__, ours.__qualname__, ours.__module__) == (
        theirs.__name__,
        theirs.__qualname__,
        kinds.__name__,
    )
    assert inspect.getsource(ours).count("def ") >= 1
    assert asyncio.iscoroutinefunction(ours) == asyncio.iscoroutinefunction(theirs)


def test_functions_and_exceptions(kinds, undecorated):
    """A caller would get another value or another error than before."""
    for args, kwargs in (((1,), {}), ((1, 2, 3, 4), {"c": 5, "d": 6})):
        assert kinds.plain(*args, **kwargs) == undecorated.plain(*args, **kwargs)
    assert last_execution().version == kinds.wanted
    for args, kwargs in (((), {}), ((), {"a": 1})):
        with pytest.raises(TypeError):
            kinds.plain(*args, **kwargs)
    with pytest.raises(KeyError) as caught:
        kinds.fails("x")
    assert type(caught.value) is KeyError
    assert caught.value.args == ("x", 7)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].name == "fails"
    assert frames[-1].filename.endswith(f"{kinds.__name__}.py")
    if kinds.wanted:
        assert any(
            f.filename.endswith("v1/code.py") and f.line.startswith("result = ") for f in frames
        )
    execution = last_execution()
    assert (execution.error, execution.function) == ("KeyError", "fails")


def test_methods(kinds, undecorated):
    """A method would lose its object, its class or its subclass."""
    for module in (kinds, undecorated):
        assert module.Shop().method(1) == ("Shop", "shop", 1)
        assert module.Small().method(1) == ("small", "Small", "small", 1)
        assert module.Shop.method(module.Small(), 1) == ("Small", "small", 1)
        assert module.Shop.for_class(1) == module.Shop().for_class(1) == ("Shop", 1)
        assert module.Small.for_class(a=1) == ("Small", 1)
        assert module.Shop.static(1) == module.Shop().static(a=1) == 1
        assert module.Shop().size == 7


def test_async(kinds):
    """An awaiting caller would get another value, error or nothing at all."""
    assert asyncio.run(kinds.waits(1)) == 2
    with pytest.raises(ValueError, match="-1"):
        asyncio.run(kinds.waits(-1))

    async def cancelled():
        started = asyncio.Event()

        async def forever():
            started.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(forever())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.gather(kinds.waits(1), kinds.waits(2))

    assert asyncio.run(cancelled()) == [2, 3]


def conversation(talks):
    """Return all that a generator says when it is sent, thrown at and run to its end."""
    found, running = [], talks(1)
    found += [next(running), running.send(5), running.throw(ValueError("x", 1)), running.send(2)]
    try:
        running.send(None)
    except StopIteration as stop:
        found.append(stop.value)
    found.append(list(running))
    return found


def test_generators(kinds, undecorated):
    """A generator's send, throw, close or return value would be lost."""
    assert conversation(kinds.talks) == conversation(undecorated.talks)
    assert inspect.isgenerator(kinds.talks(1))
    kinds.EVENTS.clear()
    running = kinds.talks(1)
    next(running)
    running.close()
    assert kinds.EVENTS == ["closed"]
    assert last_execution().error is None
    running = kinds.talks(1)
    next(running)
    with pytest.raises(ZeroDivisionError):
        running.throw(ZeroDivisionError)


def test_async_generators(kinds):
    """An async generator's cleanup would not run, or an error thrown into it would be lost."""

    async def run():
        assert [n async for n in kinds.streams(3)] == [0, 1, 2]
        kinds.EVENTS.clear()
        running = kinds.streams(3)
        assert await anext(running) == 0
        assert await running.asend(None) == 1
        await running.aclose()
        assert kinds.EVENTS == ["async closed"]
        running = kinds.streams(3)
        await anext(running)
        with pytest.raises(ZeroDivisionError):
            await running.athrow(ZeroDivisionError("x"))
        assert kinds.EVENTS == ["async closed"] * 2
        with pytest.raises(StopAsyncIteration):
            await anext(running)

    asyncio.run(run())


def test_async_generator_that_listens_on_the_baseline(tmp_path, monkeypatch):
    """Values and errors sent to an async generator would not arrive, and the reason not be told."""
    monkeypatch.setenv("POET_EVENTS", "0")
    Project(tmp_path).write({"listens.py": """
        from poet import poet
        @poet()
        async def listens(a: int):
            while True:
                try:
                    sent = yield a
                    a = sent or a
                except ValueError as error:
                    yield error.args
    """})  # fmt: skip
    module = load(tmp_path / "listens.py", "listens")

    async def run():
        running = module.listens(1)
        found = [
            await anext(running),
            await running.asend(5),
            await running.athrow(ValueError("x")),
        ]
        found.append(await anext(running))
        await running.aclose()
        return found

    assert asyncio.run(run()) == [1, 5, ("x",), 5]


def test_pickling_by_reference(kinds):
    """A decorated function could not be handed to a process pool."""
    for function in (kinds.plain, kinds.Shop.static, kinds.Shop.for_class):
        again = pickle.loads(pickle.dumps(function))
        assert again == function
        assert again(1)


def test_class_decorator(tmp_path, monkeypatch):
    """A class's options would not reach its methods, or its private methods be replaced."""
    monkeypatch.setenv("POET_MODE", "off")
    Project(tmp_path).write({"classes.py": """
        from poet import poet
        @poet(idempotent=True)
        class All:
            def one(self): return 1
            async def two(self): return 2
            @classmethod
            def three(cls): return cls.__name__
            @staticmethod
            def four(): return 4
            def _private(self): return 5
            value = 6
        @poet(idempotent=True, config={"attempts": 5})
        class Some:
            @poet(config={"attempts": 7})
            def chosen(self): return 1
            def other(self): return 2
    """})  # fmt: skip
    module = load(tmp_path / "classes.py", "classes")
    both = module.All()
    assert (both.one(), asyncio.run(both.two()), both.three(), both.four()) == (1, 2, "All", 4)
    assert [
        n for n in ("one", "two", "three", "four", "_private") if hasattr(getattr(both, n), "poet")
    ] == ["one", "two", "three", "four"]
    assert module.All.one.poet.target.options.idempotent
    assert module.Some.chosen.poet.target.options.config == {"attempts": 7}
    assert module.Some.chosen.poet.target.options.idempotent
    assert not hasattr(module.Some.other, "poet")


def nested():
    def inner():
        pass

    return inner


class Callable:
    def __call__(self):
        pass


REFUSED = {
    "lambda": (lambda: (lambda: 1), {}, FunctionError, "it is a lambda", "write it as a def"),
    "C function": (lambda: len, {}, FunctionError, "no Python source", "wrap it in a def"),
    "callable object": (Callable, {}, FunctionError, "no Python source", "wrap it in a def"),
    "nested function": (nested, {}, FunctionError, "defined inside another function", "move it to the top level"),
    "property": (lambda: property(nested), {}, FunctionError, "it is a property", "put @poet under @property"),
    "number": (lambda: 7, {}, FunctionError, "it is not a function", "above a def"),
    "unknown option": (lambda: nested, {"domian": "base"}, ConfigError, "unknown option 'domian', did you mean 'domain'?", "known options"),
    "unknown domain": (lambda: nested, {"domain": "bse"}, UnknownDomainError, "no domain 'bse', did you mean 'base'?", "installed domains"),
    "unknown objective": (lambda: nested, {"optimize_for": "relability"}, ConfigError, "did you mean 'reliability'?", "it knows"),
    "unknown constraint": (lambda: nested, {"constraints": {"duration": 1}}, ConfigError, "did you mean 'duration_ms'?", "it knows"),
    "unknown capability": (lambda: nested, {"capabilities": ["drift"]}, ConfigError, "no capability 'drift'", "it knows"),
    "unknown config key": (lambda: nested, {"config": {"atempts": 1}}, ConfigError, "did you mean 'attempts'?", "it knows"),
    "impossible config": (lambda: nested, {"config": {"attempts": 0}}, ConfigError, "a whole number from 1 to 20", "where"),
    "impossible flag": (lambda: nested, {"idempotent": 1}, ConfigError, "is not True or False", "where"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name):
    """A user would get a traceback from inside POET, or a function that silently stays as it is."""
    make, options, kind, text, hint = REFUSED[name]
    with pytest.raises(kind) as caught:
        poet(**options)(make())
    assert text in str(caught.value)
    assert hint in str(caught.value)


def test_decorated_or_defined_twice(tmp_path):
    """Two functions would share one name, and one the other's version."""
    Project(tmp_path).write({
        "twice_decorated.py": "from poet import poet\n@poet()\n@poet()\ndef f():\n    pass\n",
        "twice_defined.py": "from poet import poet\n@poet()\ndef f():\n    pass\n@poet()\ndef f():\n    pass\n",
        "redefined.py": "from poet import poet\ndef f():\n    return 1\n@poet()\ndef f():\n    return 2\n",
    })  # fmt: skip
    with pytest.raises(FunctionError, match="decorated already"):
        load(tmp_path / "twice_decorated.py", "twice_decorated")
    with pytest.raises(DuplicateFunctionError, match="lines 3 and 6"):
        load(tmp_path / "twice_defined.py", "twice_defined")
    for _ in range(2):  # a reload is no second definition
        load(tmp_path / "redefined.py", "redefined")


def test_positional_option_is_refused():
    """``@poet("base")`` would decorate a text."""
    with pytest.raises(FunctionError):
        poet("base")
    with pytest.raises(FunctionError, match="keyword options only"):
        poet(nested, domain="base")


def test_repl(tmp_path):
    """In a REPL the decorator would break the function, or fail without a reason."""
    code = "from poet import poet\n@poet()\ndef f(x):\n    return x + 1\n\nprint('got', f(1), f.poet)\n"
    done = subprocess.run(
        [sys.executable, "-"], input=code, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "got 2" in done.stdout
    assert "PoetWarning" in done.stderr
    assert "put it into a .py file" in done.stderr
    done = subprocess.run(
        [sys.executable, "-"], input=code, capture_output=True, text=True, cwd=tmp_path, check=False,
        env={"PATH": "", "POET_STRICT": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "NoSourceError" in done.stderr


APP = """
from poet import poet

@poet()
def add(a: int, b: int = 1) -> int:
    return a + b
"""
CALL = """
import json, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import app
    try:
        value = app.add(1)
        value = app.add(1)
    except Exception as error:
        value = type(error).__name__ + ": " + str(error)
print(json.dumps([value, app.add.poet.served.version, [str(w.message) for w in caught]]))
"""


def call(project, **env):
    done = project.python(CALL, env=env)
    assert done.code == 0, done.out
    return json.loads(done.out.splitlines()[-1])


def test_mode_auto_makes_a_missing_version_at_the_first_call(tmp_path):
    """A user in development would have to run a command before anything is enhanced."""
    project = Project(tmp_path).write({"app.py": APP})
    assert call(project, POET_MODE="off") == [2, None, []]
    assert not project.files(".poet/**/code.py")
    value, version, warned = call(project, POET_MODE="locked")
    assert (value, version) == (2, None)
    assert "add runs as it was written, for its version is missing" in warned[0]
    assert "pytest --poet-regenerate" in warned[0]
    assert len(warned) == 1
    assert not project.files(".poet/**/code.py")
    assert call(project, POET_MODE="auto") == [2, "v1", []]
    assert call(project, POET_MODE="locked") == [2, "v1", []]
    assert call(project, POET_MODE="off") == [2, None, []]


def test_locked_writes_nothing_in_the_checkout(tmp_path):
    """A production process would dirty its checkout."""
    project = Project(tmp_path).write({"app.py": APP})
    before = project.files()
    call(project, POET_MODE="locked", POET_HOME=str(tmp_path.parent / "live"))
    assert project.files() == before


def test_strict_refuses_instead_of_falling_back(tmp_path):
    """Production would run code that nobody verified although strict was asked for."""
    project = Project(tmp_path).write({"app.py": APP})
    value, _, _ = call(project, POET_MODE="locked", POET_STRICT="1")
    assert value.startswith("VersionStateError: [POET401] add has no version to serve")
    assert "run: pytest --poet-regenerate" in value


def test_stale_damaged_and_unknown_versions_fall_back_visibly(tmp_path):
    """A version made for other code would run, or a damaged one end the user's call."""
    project = Project(tmp_path).write({"app.py": APP})
    assert project.poet("generate", "add").code == 0
    project.write({"app.py": APP.replace("a + b", "a - b")})
    value, version, warned = call(project, POET_MODE="auto")
    assert (value, version) == (0, None)
    assert "its version is stale" in warned[0]
    assert not project.files(".poet/add/v2/*")
    project.write({"app.py": APP, ".poet/add/current": "v9\n"})
    value, version, warned = call(project, POET_MODE="locked")
    assert (value, version) == (2, None)
    assert "its version is damaged" in warned[0]


def test_refusing_recipe_leaves_the_baseline_and_says_why(tmp_path):
    """A user would not learn why a function is never enhanced."""
    project = Project(tmp_path).write({
        "app.py": "from poet import poet\n@poet()\nasync def add(a):\n    got = yield a\n    yield got\n",
        "run.py": "import asyncio, app\nasync def run():\n    return [x async for x in app.add(1)]\nprint(asyncio.run(run()))\n",
    })  # fmt: skip
    done = project.run(sys.executable, "run.py")
    assert "[1, None]" in done.out
    assert "PoetWarning: add runs as it was written" in done.out
    assert "uses values or exceptions that asend() or athrow() brings" in done.out


def test_running_process_follows_current(tmp_path, monkeypatch):
    """A promotion would need a restart of every process."""
    monkeypatch.setenv("POET_EVENTS", "0")
    monkeypatch.setenv("POET_MODE", "locked")
    monkeypatch.setenv("POET_HOME", str(tmp_path / "home"))
    project = Project(tmp_path).write({"followed.py": APP})
    module = load(tmp_path / "followed.py", "followed")
    with pytest.warns(PoetWarning, match="missing"):
        assert module.add(1) == 2
    assert last_execution().version is None
    for expected in ("v1", "v2"):
        done = project.poet("generate", "add", "--force")
        assert done.code == 0, done.out
        module.add.poet.due = 0  # as if the second were over
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert module.add(1) == 2
        assert last_execution().version == expected
    module.add.poet.rollback()
    assert (module.add(1), last_execution().version) == (2, "v1")
    assert module.add.poet.promote(2) == "v2"
    assert (module.add(1), last_execution().version) == (2, "v2")
    assert module.add.poet.versions == ["v1", "v2"]
    assert (
        project.poet(
            "override", "add", "--baseline", env={"POET_HOME": str(tmp_path / "home")}
        ).code
        == 0
    )
    module.add.poet.reload()
    assert (module.add(1), last_execution().version) == (2, None)
    with pytest.raises(VersionStateError):
        raise module_error(module, monkeypatch, tmp_path)


def module_error(module, monkeypatch, folder):
    """Return what a strict call raises once the store is gone."""
    import shutil

    monkeypatch.setenv("POET_STRICT", "1")
    shutil.rmtree(folder / ".poet")
    module.add.poet.reload()
    try:
        module.add(1)
    except VersionStateError as error:
        return error
    return AssertionError("no error")
