"""Tests and candidate in two processes: what crosses, what is run shared, and what says nothing."""

# ruff: noqa: E501

from __future__ import annotations

import textwrap

import pytest
from evidence_helpers import evidence, judged

from poet.errors import PoetError
from poet.gate.sandbox import missing_layers

LAYERS = pytest.mark.skipif(bool(missing_layers()), reason=f"missing here: {missing_layers()}")

APP = """
    from poet import poet

    @poet()
    def f(a, b=1):
        return a + b
"""
# Kind of function: its source, a test, and code that differs from it where the test looks.
KINDS = {
    "function": (
        "def f(a):\n    return a + 1",
        "def test():\n    assert app.f(1) == 2",
        "return a + 1", "return a + 2",
    ),
    "raises": (
        "def f(a):\n    raise KeyError(a, 7)",
        "def test():\n    with pytest.raises(KeyError) as info:\n        app.f(1)\n    assert info.value.args == (1, 7)",
        "KeyError(a, 7)", "KeyError(a, 8)",
    ),
    "own exception": (
        "def f(a):\n    raise Refused(a)",
        "def test():\n    with pytest.raises(app.Refused) as info:\n        app.f(1)\n    assert info.value.args == (1,)",
        "raise user.Refused(a)", "raise user.Refused(a + 1)",
    ),
    "async": (
        "async def f(a):\n    return a + 1",
        "def test():\n    async def both():\n        return await asyncio.gather(app.f(1), app.f(2))\n    assert asyncio.run(both()) == [2, 3]",
        "return a + 1", "return 2",
    ),
    "generator": (
        "def f(a):\n    yield a\n    yield a + 1",
        "def test():\n    found = app.f(1)\n    assert next(found) == 1\n    assert list(found) == [2]",
        "yield a + 1", "yield a",
    ),
    "async generator": (
        "async def f(a):\n    yield a\n    yield a + 1",
        "def test():\n    async def all():\n        return [i async for i in app.f(1)]\n    assert asyncio.run(all()) == [1, 2]",
        "yield a + 1", "yield a",
    ),
    "changes a list": (
        "def f(a):\n    a.append([len(a)])",
        "def test():\n    inner = [5]\n    items = [inner]\n    assert app.f(items) is None\n    assert items == [[5], [1]]\n    assert items[0] is inner",
        "a.append([len(a)])", "a.append([0])",
    ),
    "changes a dict": (
        "def f(a):\n    a['n']['m'] = 1\n    del a['x']",
        "def test():\n    inner = {}\n    d = {'n': inner, 'x': 2}\n    app.f(d)\n    assert inner == {'m': 1}\n    assert d == {'n': {'m': 1}}",
        "del a['x']", "pass",
    ),
    "changes an array": (
        "def f(a):\n    a *= 2",
        "def test():\n    import numpy as np\n    x = np.arange(3.0)\n    app.f(x)\n    assert x.tolist() == [0, 2, 4]",
        "a *= 2", "a *= 3",
    ),
    "threads": (
        "def f(a):\n    return a + 1",
        "def test():\n    from concurrent.futures import ThreadPoolExecutor\n    with ThreadPoolExecutor(8) as pool:\n        assert list(pool.map(app.f, range(40))) == list(range(1, 41))",
        "return a + 1", "return a + (a != 39)",
    ),
    "a dataclass": (
        "def f(a):\n    a.n += 1\n    return a",
        "def test():\n    order = app.Order(1, app.Colour.RED)\n    got = app.f(order)\n    assert got == app.Order(2, app.Colour.RED)\n    assert order.n == 2\n    assert type(got) is app.Order",
        "a.n += 1", "a.n += 2",
    ),
    "a method of a dataclass": (
        "@dataclasses.dataclass\nclass C:\n    n: int\n\n    @poet()\n    def m(self, a):\n        self.n += a\n        return self.n\n",
        "def test():\n    c = app.C(1)\n    assert c.m(2) == 3\n    assert c.m(2) == 5\n    assert c.n == 5",
        "return self.n", "return 3",
    ),
    "a method of a plain class": (
        "class C:\n    @poet()\n    def m(self, a):\n        return a + 1\n",
        "def test():\n    assert app.C().m(1) == 2",
        "return a + 1", "return a",
    ),
}  # fmt: skip
HEAD = """import dataclasses, enum
from poet import poet

class Refused(Exception):
    pass

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Order:
    n: int
    colour: Colour

"""


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_function_does_crosses_to_the_test_and_a_wrong_candidate_is_seen(tmp_path, kind):
    """A right candidate would be refused, or a wrong one pass, for the kind of its function."""
    source, test, right, wrong = KINDS[kind]
    method = "class C" in source
    app = HEAD + (source if method else "@poet()\n" + source) + "\n"
    tests = "import app, asyncio, pytest\n\n" + test + "\n"
    found = evidence(tmp_path, app, tests, qualname="C.m" if method else "f")
    code = textwrap.dedent(source.partition("@poet()\n")[2]) if method else source
    code = "from poet.runtime import user\n\n" + code.replace("raise Refused", "raise user.Refused")
    check = judged(found, code)["test"]
    assert (check.outcome, check.compared) == ("passed", True), check
    assert check.shared is (kind == "a method of a plain class"), check
    assert right in code
    check = judged(found, code.replace(right, wrong))["test"]
    assert check.outcome == "failed", check


def test_the_test_process_never_holds_the_candidate(tmp_path):
    """A candidate could look at the test that judges it, or change what the test compares with."""
    tests = """
        import app, gc, sys

        def test_absent():
            assert app.f(1) == 2
            assert not any(m.startswith("_poet_version") for m in sys.modules)
            assert not any(isinstance(o, str) and "mark" + "er_7" in o for o in gc.get_objects())
    """
    found = evidence(tmp_path, APP, tests)
    check = judged(found, "def f(a, b=1):\n    'marker_7'\n    return a + b\n")["test_absent"]
    assert (check.outcome, check.shared, check.compared) == ("passed", False, True), check


SHARED = {
    "a patched name": (
        "RATE = 1\n\n@poet()\ndef f(a):\n    return a + RATE",
        "def test(monkeypatch):\n    monkeypatch.setattr(app, 'RATE', 5)\n    assert app.f(1) == 6",
        "RATE is patched",
    ),
    "a patch that changes nothing of the result": (
        "RATE = 1\n\n@poet()\ndef f(a):\n    return a + len([RATE])",
        "def test(monkeypatch):\n    monkeypatch.setattr(app, 'RATE', 5)\n    assert app.f(1) == 2",
        "RATE is patched",
    ),
    "a patched attribute of a module": (
        "import math\n\n@poet()\ndef f(a):\n    return math.floor(a)",
        "def test(monkeypatch):\n    monkeypatch.setattr('math.floor', lambda x: 7)\n    assert app.f(1) == 7",
        "math.floor is patched",
    ),
    "a patched entry of a dict": (
        "RATES = {'x': 1}\n\n@poet()\ndef f(a):\n    return a + RATES['x']",
        "def test(monkeypatch):\n    monkeypatch.setitem(app.RATES, 'x', 5)\n    assert app.f(1) == 6",
        "RATES is patched",
    ),
    "an argument that cannot cross": (
        "@poet()\ndef f(a):\n    return a()",
        "def test():\n    assert app.f(lambda: 3) == 3",
        "an object of type function",
    ),
    "an iterator": (
        "@poet()\ndef f(a):\n    return sum(a)",
        "def test():\n    assert app.f(iter([1, 2])) == 3",
        "an iterator",
    ),
    "identity": (
        "@poet()\ndef f(a):\n    return a",
        "def test():\n    x = [1]\n    assert app.f(x) is x",
        "differs where the function is in a worker",
    ),
    "laziness": (
        "@poet()\ndef f(a):\n    n = 0\n    while True:\n        yield n\n        n += 1",
        "def test():\n    found = app.f(1)\n    assert [next(found) for _ in range(1500)][-1] == 1499",
        "more than 1000 items",
    ),
    "a swallowed refusal": (
        "@poet()\ndef f(a):\n    return 3",
        "def test():\n    try:\n        app.f(object())\n    except BaseException:\n        pass\n    assert True",
        "an object of type object",
    ),
}


@pytest.mark.parametrize("case", SHARED)
def test_what_cannot_be_judged_from_outside_runs_shared(tmp_path, case):
    """An honest candidate would be refused for how its test is written, or pass on nothing."""
    source, test, why = SHARED[case]
    app = "from poet import poet\n\n" + source + "\n"
    found = evidence(tmp_path, app, "import app\n\n" + test + "\n")
    need = found.needs["test_app.py::test"]
    assert need.kind == "shared", need
    assert why in need.why
    way = "yield from" if "yield" in source else "return"
    code = f"from poet.runtime import baseline\n\ndef f(a):\n    {way} baseline(a)\n"
    check = judged(found, code)["test"]
    assert (check.outcome, check.shared) == ("passed", True), check
    assert why in check.detail


def test_own_state_is_no_patch(tmp_path):
    """A function that counts its calls would never have a test that judges it from outside."""
    app = """
        from poet import poet
        SEEN = []
        COUNT = 0

        @poet()
        def f(a):
            global COUNT
            COUNT += 1
            SEEN.append(a)
            return len(SEEN) + COUNT
    """
    tests = "import app\n\ndef test():\n    assert app.f(1) == 2\n    assert app.f(1) == 4\n"
    tests += "\ndef test_reset():\n    app.SEEN.clear()\n    assert app.f(1) in (2, 4)\n"
    found = evidence(tmp_path, app, tests)
    assert {n.partition("::")[2]: k.kind for n, k in found.needs.items()} == {
        "test": "isolated", "test_reset": "shared",
    }  # fmt: skip


def test_flaky_skipped_and_ignored_say_nothing(tmp_path):
    """A version would become current on tests that say nothing of it."""
    tests = """
        import app, pathlib, pytest

        def test_flaky():
            flag = pathlib.Path(__file__).with_name("flag")
            first = not flag.exists()
            flag.touch()
            assert app.f(1) == 2 and first

        def test_skipped():
            app.f(1)
            pytest.skip("not now")

        def test_ignores():
            app.f(1)

        def test_elsewhere():
            assert True
    """
    found = evidence(tmp_path, APP, tests)
    checks = judged(found, "def f(a, b=1):\n    return a + b\n")
    assert {n: (c.outcome, c.compared) for n, c in checks.items()} == {
        "test_flaky": ("not evidence", False),
        "test_skipped": ("not evidence", False),
        "test_ignores": ("passed", False),
    }
    assert "flaky on the baseline" in checks["test_flaky"].detail


def test_another_function_of_the_run_does_not_make_a_test_shared(tmp_path):
    """One function whose arguments cannot cross would spoil the evidence of all others."""
    from poet.spec import Options
    from pytest_poet.evidence import FunctionTests, TestBaseline
    from pytest_poet.finder import poet_find_tests

    app = (
        APP
        + "\n    @poet()\n    def g(a):\n        return a()\n\n    @poet()\n    def h(a):\n        return f(a)\n"
    )
    tests = "import app\n\ndef test():\n    assert app.g(lambda: 3) + app.h(1) == 5\n"
    f = evidence(tmp_path, app, tests)
    others = [
        poet_find_tests(tmp_path / "app.py", n, Options.parse({}, ""), tmp_path) for n in "gh"
    ]
    subjects = [t.subject for t in (f, *others)]
    baseline = TestBaseline(f.baseline.command, subjects, timeout=100, call_timeout=20)
    kinds = [FunctionTests(baseline, s).needs["test_app.py::test"].kind for s in subjects]
    assert kinds == ["isolated", "shared", "isolated"]


def test_recorded_arguments_and_sources(tmp_path):
    """Generated inputs would know nothing of what users call a function with."""
    from poet.codec import decode

    tests = (
        "import app\n\ndef test():\n    x = [1]\n    app.f(x, b=[2])\n    app.f(3)\n    app.f(3)\n"
    )
    found = evidence(tmp_path, APP, tests, **{"test_other.py": "def test():\n    pass\n"})
    assert [(decode(a), decode(k)) for a, k in found.recorded()] == [([[1]], {"b": [2]}), ([3], {})]
    assert found.sources() == [tests]


def test_what_cannot_be_collected_is_an_error_with_its_reason(tmp_path):
    """Broken tests would look like no tests."""
    found = evidence(tmp_path, APP, "import no_such_module_here\n")
    with pytest.raises(PoetError, match="cannot be collected") as info:
        found.planned()
    assert "no_such_module_here" in str(info.value)
    found = evidence(tmp_path / "b", APP, "", **{"conftest.py": "raise RuntimeError('broken')\n"})
    with pytest.raises(PoetError, match="cannot be collected"):
        found.planned()


def test_no_tests_are_no_checks(tmp_path):
    """A project without tests could not submit at all."""
    found = evidence(tmp_path, APP, "")
    assert found.planned() == []
    assert found.run("def f(a, b=1):\n    return 0\n", confined=False) == []


@LAYERS
def test_confined_shared_run(tmp_path):
    """A model's code beside the tests could read or write the user's files."""
    tests = """
        import app, pathlib, pytest

        class Two:
            def __radd__(self, other):
                return other + 2

        def test_shared():
            assert app.f(1, Two()) == 3

        def test_writes():
            app.f(1, Two())
            pathlib.Path(__file__).with_name("written").write_text("x")

        def test_temporary(tmp_path):
            (tmp_path / "x").write_text("x")
            assert app.f(1, Two()) == 3
    """
    found = evidence(tmp_path, APP, tests)
    good = judged(found, "def f(a, b=1):\n    return a + b\n", confined=True)
    assert {n: (c.outcome, c.compared, c.shared) for n, c in good.items()} == {
        "test_shared": ("passed", True, True),
        "test_writes": ("not evidence", False, True),
        "test_temporary": ("passed", True, True),
    }
    (tmp_path / "written").unlink(missing_ok=True)
    evil = f"""
        def f(a, b=1):
            try:
                open({str(tmp_path / "stolen")!r}, "w").write("x")
            except OSError:
                return a + b
            return 0
    """
    assert judged(found, evil, confined=True)["test_shared"].outcome == "passed"
    assert not (tmp_path / "stolen").exists()


@LAYERS
def test_a_project_that_starts_threads_is_not_confined_and_not_run(tmp_path):
    """A candidate would run unconfined beside the tests, or such a project could submit nothing."""
    tests = """
        import app

        def test_isolated():
            assert app.f(1) == 2

        def test_shared():
            assert app.f(iter([]), iter([])) is None
    """
    app = APP.replace("return a + b", "return a + b if isinstance(a, int) else None")
    start = "import threading, time\n"
    start += "threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
    found = evidence(tmp_path, app, tests, **{"conftest.py": start})
    code = "def f(a, b=1):\n    return a + b if isinstance(a, int) else None\n"
    checks = judged(found, code, confined=True)
    assert {n: (c.outcome, c.shared) for n, c in checks.items()} == {
        "test_isolated": ("passed", False),
        "test_shared": ("not evidence", True),
    }
    assert "threads" in checks["test_shared"].detail
