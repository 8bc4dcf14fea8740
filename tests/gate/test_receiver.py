"""Checks of methods: the object is made in the worker; names of the module can be brought along."""

from __future__ import annotations

import pytest

from poet.domain import CallCheck, Domain, Grants, Receiver
from poet.gate import judge
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
LIMIT = 3

class Counter:
    def __init__(self, start, *, step=1):
        self.start, self.step, self.seen = start, step, []

    def up(self, by):
        if by < 0:
            raise ValueError(by)
        self.seen = [*self.seen, by]
        return self.start + self.step * sum(self.seen)

    class Inner:
        def own(self):
            return "inner"

def limited(x):
    return min(x, LIMIT)
"""
GOOD = """
def up(self, by):
    if by < 0:
        raise ValueError(by)
    self.seen = [*self.seen, by]
    return self.start + self.step * sum(self.seen)
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("receiver")
    Project(folder).write({"receiver_app.py": APP})
    return folder / "receiver_app.py"


def gives(expected):
    def expect(outcome):
        good = outcome.kind == "returned" and outcome.value == expected
        return None if good else f"expected {expected}, got {outcome.error} {outcome.value!r}"

    return expect


def verdict_of(path, code, *checks, function="Counter.up", grants=Grants()):  # noqa: B008
    options = Options(verify="enhance")
    spec = build_spec(path, function, options, recipe_epoch=1, default_mode="enhance")
    domain = Domain(
        "toy", "", "1", 1, "enhance", recipe=lambda _: None, checks=lambda _: checks, grants=grants
    )  # fmt: skip
    return judge(code, spec, domain, import_name="receiver_app", filename="<c>", timeout=20.0)


def check_of(found, name):
    return next(c for c in found.checks if c.name == name)


def test_a_method_is_called_on_an_object_of_its_class(path):
    """No method could have evidence unless its user writes a test of plain data."""
    check = CallCheck("sum", [2], {}, gives(14), receiver=Receiver([10], {"step": 2}))
    found = verdict_of(path, GOOD, check)
    assert found.accepted, found.explain()
    assert check_of(found, "sum").compared


def test_what_was_called_and_assigned_before_is_part_of_it(path):
    """A check could not look at what an object keeps between calls."""
    before = [([1], {}, {}), ([-1], {}, {}), ([], {"by": 2}, {"step": 10})]
    check = CallCheck(
        "kept", [3], {}, gives(0 + 100 * 6), receiver=Receiver([0], {}, before, {"step": 100})
    )
    found = verdict_of(path, GOOD, check)
    assert check_of(found, "kept").outcome == "passed", found.explain()


def test_each_check_has_an_object_of_its_own(path):
    """One check would see what another one left."""
    receiver = Receiver([0])
    checks = [CallCheck(f"n{n}", [1], {}, gives(1), receiver=receiver) for n in range(3)]
    assert verdict_of(path, GOOD, *checks).accepted


def test_a_wrong_method_fails_its_check(path):
    """A method that forgets its state would become current."""
    wrong = "def up(self, by):\n    return self.start + by\n"
    check = CallCheck("kept", [3], {}, gives(4), receiver=Receiver([0], {}, [([1], {}, {})]))
    found = verdict_of(path, wrong, check)
    assert not found.accepted
    assert "expected 4, got  3" in check_of(found, "kept").detail


@pytest.mark.parametrize(
    "receiver", [Receiver(), Receiver([1], {"stride": 2}), Receiver([1], {}, (), {"up.x": 1})]
)
def test_a_class_that_takes_other_arguments_is_named(path, receiver):
    """A candidate would be blamed for what its user's class does not take, without a word on it."""
    check = CallCheck("sum", [2], {}, gives(3), receiver=receiver)
    found = verdict_of(path, GOOD, check)
    if receiver.set:  # any name may be assigned
        assert check_of(found, "sum").outcome == "passed"
    else:
        assert "UnmadeError" in check_of(found, "sum").detail


def test_the_class_of_a_class_is_found(path):
    """Methods of inner classes would have no checks."""
    code = "def own(self):\n    return 'inner'\n"
    check = CallCheck("own", [], {}, gives("inner"), receiver=Receiver())
    assert verdict_of(path, code, check, function="Counter.Inner.own").accepted


def test_names_of_the_module_can_be_brought_and_are_put_back(path):
    """A function that looks at its module could be checked only as its module happens to be."""
    code = "from poet.runtime import user\ndef limited(x):\n    return min(x, user.LIMIT)\n"
    checks = [
        CallCheck("brought", [9], {}, gives(5), names={"LIMIT": 5}),
        CallCheck("put_back", [9], {}, gives(3)),
        CallCheck("baseline", [9], {}, gives(7), names={"LIMIT": 7}, subject="baseline"),
    ]
    found = verdict_of(path, code, *checks, function="limited")
    assert found.accepted, found.explain()


def test_attributes_of_a_domains_types_can_be_granted_and_closed_ones_cannot(path):
    """Generated code could not use its domain's own types; or a domain could open what is closed."""
    code = "def limited(x):\n    return x.{}\n"
    for name, granted, refused in (
        ("drift_score", frozenset(), True),
        ("drift_score", frozenset({"drift_score"}), False),
        ("f_globals", frozenset({"f_globals"}), True),
        ("eval", frozenset({"eval"}), True),
        ("_loop", frozenset({"_loop"}), True),
    ):
        found = verdict_of(path, code.format(name), function="limited", grants=Grants({}, granted))
        assert (found.name == "refused by audit") is refused, (name, found.explain())
