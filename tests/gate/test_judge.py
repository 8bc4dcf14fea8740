"""The gate on hand-written candidates: each fault gives one clear message and leaves nothing behind."""

# ruff: noqa: E501

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poet.domain import CallCheck, Domain
from poet.errors import StoreError
from poet.gate import Check, Sandbox, judge, read_cases
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
LIMIT = object()

def add(a, b=1, *, limit=LIMIT):
    return a + b

def other(a):
    return a

def opaque(thing):
    return thing.value
"""
GOOD = """
from poet.runtime import default

def add(a, b=1, *, limit=default("limit")):
    return a + b
"""
HEAD = "from poet.runtime import default\ndef add(a, b=1, *, limit=default('limit')):\n    "


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    Project(folder).write({"judged_app.py": APP})
    return folder / "judged_app.py"


def sums(outcome):
    """Expect the sum of 2 and 1."""
    good = outcome.kind == "returned" and outcome.value == 3
    return None if good else f"expected 3, got {outcome.error}{outcome.value!r}"


SUM = CallCheck("sum", [2], {}, sums)


def domain_of(*checks):
    return Domain("toy", "", "1", 1, "preserve", recipe=lambda _: None, checks=lambda _: checks)


def main_checks(found):
    """Return the checks of a verdict but those of the comparison with the baseline."""
    return [c for c in found.checks if c.kind != "input" and c.name != "returns"]


def verdict_of(path, code, *checks, timeout=20.0, function="add", **more):
    """Judge a candidate; afterwards no process of it may be there."""
    spec = build_spec(path, function, Options(), recipe_epoch=1, default_mode="preserve")
    before = descendants()
    found = judge(
        code,
        spec,
        domain_of(*checks),
        import_name="judged_app",
        filename="<c>",
        timeout=timeout,
        **more,
    )
    new = descendants() - before
    assert len(new) <= 2, "more than the zygotes, which are kept"
    assert not any(descendants(pid) for pid in new)
    return found


def descendants(pid=None):
    """Return the ids of a process's children; of this one's grandchildren too."""
    tasks = Path(f"/proc/{pid or os.getpid()}/task")
    if not tasks.is_dir():
        return set()
    found = {int(n) for t in tasks.iterdir() for n in (t / "children").read_text().split()}
    return found if pid else found.union(*(descendants(c) for c in found))


def test_good_candidate_is_accepted(path):
    """No candidate at all would ever become a version."""
    found = verdict_of(path, GOOD, SUM)
    assert (found.name, found.failures()) == ("accepted", [])
    assert [(c.kind, c.name, c.outcome) for c in found.checks] == [
        ("audit", "audit", "passed"), ("contract", "contract", "passed"), ("domain", "sum", "passed"),
        ("input", "recorded", "passed"), ("input", "generated", "passed"), ("input", "hidden", "passed"),
        ("input", "repeated", "passed"), ("input", "later", "passed"), ("contract", "returns", "passed"),
    ]  # fmt: skip
    assert found.layers["separate process"] == "in force"
    assert found.environment["python"]


FAULTS = {
    "hangs": (HEAD + "while True:\n        pass\n", "gave no answer within 2 s and was stopped"),
    "sleeps": ("import time\n" + HEAD + "time.sleep(99)\n", "gave no answer within 2 s"),
    "recursion": (HEAD + "return add(a)\n", "got RecursionError"),
    "memory hog": (HEAD + "return len(bytearray(64 * 1024**3))\n", "got MemoryError"),
    "huge answer": (HEAD + "return 'x' * 70_000_000\n", "value of more than 50,331,648 bytes"),
    "wrong value": (HEAD + "return a\n", "expected 3, got 2"),
    "raises": (HEAD + "raise ValueError('x')\n", "got ValueError"),
    "unverifiable value": (HEAD + "return object()\n", "__unverifiable__"),
    "bottomless value": (
        HEAD + "x = []\n    x.append(x)\n    return x\n",
        "value that holds itself",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_a_call_is_one_clear_message(path, fault):
    """A faulty candidate would hang the gate, end it, or be rejected without a reason."""
    code, text = FAULTS[fault]
    found = verdict_of(path, code, SUM, timeout=2.0 if "2 s" in text else 20.0)
    assert found.name == "failed verification"
    (failed,) = found.failures()
    assert (failed.kind, failed.name) == ("domain", "sum")
    assert text in failed.detail
    assert text in found.explain()


LOADING = {
    "raises at import": ("x = 1 / 0\n" + GOOD, "the candidate cannot be loaded: ZeroDivisionError"),
    "parameter dropped": ("def add(a, b=1):\n    return a\n", "has parameters (a, b), the baseline (a, b, limit)"),
    "parameter renamed": (GOOD.replace("a, b=1", "c, b=1").replace("a + b", "c + b"), "has parameters (c, b, limit)"),
    "other default": (GOOD.replace("b=1", "b=2"), "parameter b has another default"),
    "default of another type": (GOOD.replace("b=1", "b=True"), "parameter b has another default"),
    "default not the same object": (
        "class X:\n    pass\nMARK = X()\n" + GOOD.replace('default("limit")', "MARK").replace("import default", "import baseline"),
        "parameter limit has another default",
    ),
    "default dropped": (GOOD.replace("b=1", "b"), "parameter b has another default"),
    "not keyword-only": (GOOD.replace("*, limit", "limit"), "parameter limit is POSITIONAL_OR_KEYWORD"),
    "async": (GOOD.replace("def add", "async def add"), "is a async, the baseline a function"),
    "generator": (GOOD.replace("return a + b", "yield a + b"), "is a generator, the baseline a function"),
    "hangs at import": ("while True:\n    pass\n" + GOOD, "gave no answer within"),
}  # fmt: skip


@pytest.mark.parametrize("fault", LOADING)
def test_fault_in_loading_loses_every_check(path, fault, monkeypatch):
    """A candidate with another signature, or none to load, would reach the user's callers."""
    if fault == "hangs at import":
        ask = Sandbox._ask
        monkeypatch.setattr(Sandbox, "_ask", lambda self, request, _: ask(self, request, 3.0))
    code, text = LOADING[fault]
    found = verdict_of(path, code, SUM)
    assert found.name == "failed verification"
    assert [(c.name, c.outcome) for c in main_checks(found)] == [
        ("audit", "passed"), ("contract", "failed"), ("sum", "lost"),
    ]  # fmt: skip
    assert all(c.outcome == "lost" for c in found.checks[2:])
    assert text in found.checks[1].detail


def test_refused_candidate_is_never_run(path):
    """Code that the audit refuses would run all the same."""
    found = verdict_of(path, "import subprocess\n" + GOOD, SUM)
    assert found.name == "refused by audit"
    assert [c.name for c in found.checks] == ["import:1"]


ENDINGS = {
    "SystemExit": "raise SystemExit(0)",
    "os._exit": "__import__('os')._exit(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "kill": "__import__('os').kill(__import__('os').getpid(), 9)",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_exit_status_is_a_pass(path, ending, monkeypatch):
    """A candidate that ends its process with status 0 would count as verified."""
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_: [])
    found = verdict_of(path, HEAD + ENDINGS[ending] + "\n", SUM)
    assert found.name == "failed verification"
    assert "ended the process (" in found.failures()[0].detail
    found = verdict_of(path, f"{ENDINGS[ending]}\n" + GOOD, SUM)
    assert found.name == "failed verification"
    assert not any(c.compared for c in found.checks)


def test_flood_of_output_is_stopped(path, monkeypatch):
    """A candidate that prints without end would fill the memory of the gate."""
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_: [])
    found = verdict_of(path, HEAD + "while True:\n        print('x' * 100_000)\n", SUM)
    assert "printed more than 1,048,576 bytes and was stopped" in found.failures()[0].detail


def test_forged_answers_are_none(path, monkeypatch):
    """A candidate that writes to the channel itself would tell the gate what it wants to hear."""
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_: [])
    forged = (
        "import os, json, sys\n    data = json.dumps({'nonce': 'x', 'answer': {'kind': 'returned', 'value': 3}}).encode()\n"
        "    for fd in range(3, 20):\n        try:\n            os.write(fd, len(data).to_bytes(8, 'big') + data)\n"
        "        except OSError:\n            pass\n    return 7\n"
    )
    found = verdict_of(path, HEAD + forged, SUM)
    assert found.name == "failed verification"
    assert "sent an answer that is none" in found.failures()[0].detail


def test_worker_sees_nothing_of_the_caller(path, monkeypatch):
    """A candidate would read the secrets in the environment of the person who runs the gate."""
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_: [])
    monkeypatch.setenv("A_SECRET", "42")
    seen = []
    watch = CallCheck("watch", [2], {}, lambda o: seen.append(o.value))
    code = HEAD + "import os\n    return [sorted(os.environ), os.getcwd()]\n"
    verdict_of(path, code, watch)
    assert seen[0] == [[], "/"]


def test_checks_after_a_lost_worker_still_run(path):
    """One hang would hide the outcome of every later check."""
    code = HEAD + "if a == 0:\n        while True:\n            pass\n    return a + b\n"
    hang = CallCheck("hang", [0], {}, sums)
    found = verdict_of(path, code, hang, SUM, timeout=2.0)
    assert [(c.name, c.outcome) for c in main_checks(found)[2:]] == [
        ("hang", "failed"),
        ("sum", "passed"),
    ]
    assert found.name == "failed verification"


OPAQUE = "def opaque(thing):\n    return thing.value\n"


def test_nothing_compared_is_insufficient_evidence(path):
    """A version would become current although no returned value was ever looked at."""
    found = verdict_of(path, OPAQUE, function="opaque")
    assert found.name == "insufficient evidence"
    assert "the parameter thing has no annotation" in found.explain()
    raising = CallCheck("raises", ["x"], {}, lambda o: None if o.kind == "raised" else "no error")
    found = verdict_of(path, OPAQUE, raising, function="opaque")
    assert found.name == "insufficient evidence"
    assert (
        "the function itself raises on each of 1 inputs, mostly AttributeError" in found.explain()
    )
    assert "write a test that calls opaque" in found.explain()
    assert ".poet/opaque/cases/first.json" in found.explain()


def test_a_broken_check_fails(path):
    """A check that cannot read the answer would count as passed."""
    broken = CallCheck("broken", [2], {}, lambda o: o.value["no such"])
    found = verdict_of(path, GOOD, broken)
    assert "not of the expected form" in found.failures()[0].detail


class UsersTests:
    """Stands for the user's tests."""

    def __init__(self, *checks):
        self.checks, self.ran = checks, 0

    def run(self, code, *, confined=False):
        self.ran += 1
        return self.checks


def test_users_tests_count_and_run_last(path):
    """A user's own test that fails or does not report would be overlooked."""
    passed = Check("t.py::a", "test", "passed", compared=True)
    assert verdict_of(path, GOOD, tests=UsersTests(passed)).name == "accepted"
    for outcome in ("failed", "lost"):
        bad = Check("t.py::b", "test", outcome, "why")
        found = verdict_of(path, GOOD, tests=UsersTests(passed, bad))
        assert found.name == "failed verification"
        assert f"test t.py::b {outcome}: why" in found.explain()
    neither = Check("t.py::c", "test", "not evidence", "flaky")
    found = verdict_of(path, OPAQUE, function="opaque", tests=UsersTests(neither))
    assert found.name == "insufficient evidence"
    shared = UsersTests(passed._replace(shared=True))
    found = verdict_of(path, OPAQUE, function="opaque", tests=shared)
    assert found.name == "accepted"
    found = verdict_of(path, OPAQUE, function="opaque", tests=shared, generator="file")
    assert found.name == "insufficient evidence"
    assert "each test that does runs in one with it" in found.explain()
    late = UsersTests(passed)
    verdict_of(path, HEAD + "return a\n", SUM, tests=late)
    assert late.ran == 0


def test_module_that_cannot_be_imported_is_named(path, tmp_path):
    """A user would not learn that it is their module, not the candidate, that fails."""
    Project(tmp_path).write({"judged_broken.py": "import no_such_module_anywhere\n" + APP})
    spec = build_spec(
        tmp_path / "judged_broken.py", "add", Options(), recipe_epoch=1, default_mode="preserve"
    )
    found = judge(GOOD, spec, domain_of(SUM), import_name="judged_broken", filename="<c>")
    assert "the user's module cannot be imported here" in found.checks[1].detail
    assert "no_such_module_anywhere" in found.checks[1].detail


# Cases


def case(folder, name="c1", **content):
    folder.mkdir(exist_ok=True)
    base = {"status": "active", "args": [2], "expect": {"equals": 3}}
    (folder / f"{name}.json").write_text(json.dumps({**base, **content}))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({}, None),
        ({"args": [], "kwargs": {"a": 2, "b": 3}, "expect": {"equals": 5}}, None),
        ({"expect": {"equals": 4}}, "value is 3, expected 4"),
        ({"expect": {"equals": 3.0}}, "kind"),
        ({"args": ["x"], "expect": {"raises": "TypeError"}}, None),
        ({"expect": {"raises": "TypeError"}}, "expected TypeError, got 3"),
        ({"args": ["x"]}, "expected a value, got TypeError"),
        ({"args": [0.5], "expect": {"equals": 1.5}}, None),
        ({"expect": {"fields": {"x": 1}}}, "no field 'x'"),
    ],
    ids=str,
)
def test_active_case_gates(path, tmp_path, content, problem):
    """A lesson from production would not hold back the candidate that unlearns it."""
    case(tmp_path / "cases", **content)
    found = verdict_of(path, GOOD, cases=read_cases(tmp_path / "cases"))
    (check,) = [c for c in found.checks if c.kind == "case"]
    if problem is None:
        assert (check.outcome, check.detail) == ("passed", "")
        assert found.name == "accepted"
    else:
        assert found.name == "failed verification"
        assert problem in check.detail or problem == "kind"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", '{"status": "active"}', '{"status": "odd", "expect": {"equals": 1}}',
        '{"status": "active", "expect": {}}', '{"status": "active", "expect": {"equals": 1, "raises": "X"}}',
        '{"status": "active", "expect": {"is": 1}}', '{"status": "active", "expect": {"equals": 1}, "args": 7}',
        '{"status": "active", "expect": {"fields": 1}}', "\xff", "[" * 99_999,
    ],
)  # fmt: skip
def test_damaged_case_is_an_error_that_names_its_file(tmp_path, text):
    """A damaged case would silently stop gating, or end the run with a traceback."""
    (tmp_path / "bad.json").write_text(text, encoding="latin-1")
    with pytest.raises(StoreError) as caught:
        read_cases(tmp_path)
    assert "bad.json" in caught.value.where


def test_proposed_and_retired_cases_do_not_gate(tmp_path):
    """A case nobody accepted would block every new version."""
    folder = tmp_path / ".poet" / "half" / "cases"
    Project(tmp_path).write(
        {
            "half_app.py": "from poet import poet\n@poet()\ndef half(x: float) -> float:\n    return x / 2\n"
        }
    )
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "poet", "generate", "half", "--force"]

    def generate():
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "POET_EVENTS": "0"}
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    case(folder, "a", status="proposed", expect={"equals": 7})
    case(folder, "b", status="retired", expect={"equals": 8})
    assert generate()[0] == 0
    case(folder, "c", status="active", expect={"equals": 9})
    code, out = generate()
    assert code == 1
    assert "case case:c failed" in out
    assert "expected 9" in out or "value is" in out
    (folder / "c.json").write_text("{")
    code, out = generate()
    assert code == 1
    assert "this case cannot be read" in out


def test_record_lists_where_the_candidate_behaves_otherwise(tmp_path):
    """A reviewer would have to find out by reading what a new version does differently."""
    from poet.lifecycle import enhance
    from poet.spec import Options

    module = tmp_path / "app.py"
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'app'\n")
    module.write_text(
        "from poet import poet\n\n@poet(domain='ml_monitoring')\n"
        "def drifted(current: list[float], reference: list[float]) -> dict:\n"
        "    return {'drift': abs(sum(current) - sum(reference)) > 9, 'test': 'sum'}\n"
    )
    result = enhance(module, "drifted", Options.parse({"domain": "ml_monitoring"}, ""))
    assert result.outcome == "promoted", result.message
    record = json.loads((tmp_path / ".poet/drifted/v1/record.json").read_text())
    found = {d["input"]: d["text"] for d in record["differences"]}
    assert found["drift.shifted"] == "value['test'] is 'ks', the baseline gives 'sum'"
    assert any("value['drift']" in text for text in found.values())
