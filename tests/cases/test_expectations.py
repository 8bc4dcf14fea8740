"""What cases ask for: what is refused, what is met, and which two cannot both hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.cases import Case, check_expect
from poet.cases._expect import clash
from poet.domain import Outcome
from poet.errors import CaseError
from poet.gate.cases import problem_of


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ({}, "nothing"), ([], "not a dict"), ({"equal": 1}, "did you mean 'equals'"),
        ({"equals": 1, "raises": "E"}, "equals and raises"), ({"raises": 1}, "not the name"),
        ({"returns": False}, "not true"), ({"seconds": -1}, "not a number"),
        ({"seconds": math.nan}, "not a number"),
        ({"calls": True}, "not a number"), ({"fields": {}}, "not a dict"),
        ({"equals": open}, "cannot be compared"),
        ({"fields": {"a": {"one_of": 1}}}, "not a list"),
        ({"fields": {"a": {"at_most": math.nan}}}, "nothing that has an order"),
    ],
    ids=str,
)  # fmt: skip
def test_an_expectation_that_cannot_be_judged_is_refused(expect, problem):
    """A misspelt expectation would gate nothing, or everything."""
    with pytest.raises(CaseError, match=problem):
        check_expect(expect)


VALUE = {"alarm": True, "score": 0.2, "names": ["a"]}


@pytest.mark.parametrize(
    ("expect", "outcome", "problem"),
    [
        ({"fields": {"alarm": True, "score": {"at_most": 0.2}}}, VALUE, None),
        ({"fields": {"score": {"at_most": 0.1}}}, VALUE, "score is 0.2, expected at_most 0.1"),
        ({"fields": {"score": {"at_least": 0.1, "not": 0.2}}}, VALUE, "not 0.2"),
        ({"fields": {"names": {"not": []}}}, VALUE, None),
        ({"fields": {"names": []}}, VALUE, "names"),
        ({"fields": {"score": {"one_of": [0.1, 0.2]}}}, VALUE, None),
        ({"fields": {"score": {"one_of": [0.1]}}}, VALUE, "one_of"),
        ({"fields": {"score": {"at_least": 0}}}, {"score": math.nan}, "at_least"),
        ({"fields": {"score": {"at_least": 0}}}, {"score": "high"}, "at_least"),
        ({"fields": {"rows": {"at_least": 3}}}, {"__type__": "app.Result", "rows": 3}, None),
        ({"fields": {"a": 1}}, {"__type__": "app.D", "base": {"a": 1}}, None),
        ({"fields": {"gone": 1}}, VALUE, "no field 'gone'"),
        ({"returns": True}, None, None),
        ({"returns": True}, ValueError, "expected a value"),
        ({"raises": "ValueError"}, ValueError, None),
        ({"raises": "KeyError"}, ValueError, "expected KeyError"),
        ({"equals": {"x": {"at_most": 1}}}, {"x": {"at_most": 1}}, None),
        ({"seconds": 0.5}, 1, None),
        ({"returns": True, "seconds": 0.1}, 1, "took 0.2 s"),
        ({"calls": 1}, 1, "made 2 calls"),
        ({"calls": 2}, 1, None),
    ],
    ids=str,
)  # fmt: skip
def test_what_holds_and_what_does_not(expect, outcome, problem):
    """A version that fails a lesson would pass it, or one that holds would be refused."""
    raised = outcome is ValueError
    given_ = Outcome(
        "raised" if raised else "returned", ["no"] if raised else outcome, "ValueError" if raised else "",
        0.2, outside_calls={"urllib.request.urlopen": [((), {}), ((), {})]},
    )  # fmt: skip
    case = Case("c", "active", (), {}, check_expect(expect))
    found = problem_of(case, given_)
    assert (found is None) if problem is None else (found and problem in found)


numbers = st.integers(0, 3)
predicates = st.one_of(
    numbers,
    st.fixed_dictionaries({"at_least": numbers}),
    st.fixed_dictionaries({"at_most": numbers}),
    st.fixed_dictionaries({"not": numbers}),
    st.fixed_dictionaries({"one_of": st.lists(numbers, min_size=1, max_size=2)}),
)
expects = st.one_of(
    st.fixed_dictionaries({"fields": st.fixed_dictionaries({"a": predicates})}),
    st.fixed_dictionaries({"equals": st.fixed_dictionaries({"a": numbers})}),
    st.sampled_from([{"raises": "ValueError"}, {"raises": "KeyError"}, {"returns": True}, {"equals": 3}]),
)  # fmt: skip
OUTCOMES = [
    *(Outcome("returned", {"a": n}) for n in range(-1, 5)), Outcome("returned", 3),
    Outcome("raised", [], "ValueError"), Outcome("raised", [], "KeyError"),
]  # fmt: skip


@given(expects, expects)
def test_two_cases_contradict_exactly_if_no_outcome_meets_both(left, right):
    """Cases that cannot both hold would block every version; ones that can would be set aside."""
    cases = [Case("c", "active", (), {}, expect) for expect in (left, right)]
    both = [o for o in OUTCOMES if not any(problem_of(c, o) for c in cases)]
    assert clash(left, right) is clash(right, left) is (not both)
