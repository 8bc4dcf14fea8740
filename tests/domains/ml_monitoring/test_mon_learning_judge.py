"""Whether an outcome is an alarm, what its case must hold to, and what somebody asks for in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlmon_helpers import plain, spec_of
from mon_learning_helpers import LEARNING, TEXT
from mon_recipes_helpers import spec_for as monitor_spec
from mon_recipes_helpers import watch

from poet.domain import Observed, Outcome

RESULTS = {
    "bool": ("-> bool", "return current != reference", True, False, {"equals": False}),
    "stable": ("-> bool", "return current == reference", False, True, {"equals": True}),
    "dict": (
        "-> dict", 'return {"drift": current != reference, "p_value": 0.5}',
        {"drift": True, "p_value": 0.01}, {"drift": False, "p_value": 0.5},
        {"fields": {"drift": {"not": True}}},
    ),
    "status": (
        "-> dict", 'return {"status": "shifted" if current != reference else "fine"}',
        {"status": "shifted"}, {"status": "fine"}, {"fields": {"status": {"not": "shifted"}}},
    ),
    "p-value": (
        "-> dict", 'return {"p_value": 0.5, "n": len(current)}',
        {"p_value": 0.001, "n": 3}, {"p_value": 0.9, "n": 3}, None,
    ),
}  # fmt: skip


def spec_returning(folder, key):
    head, body, *_ = RESULTS[key]
    name = "is_stable" if key == "stable" else "drifted"
    return spec_of(
        folder, f"def {name}(current: list, reference: list) {head}:\n    {body}\n", name
    )


@pytest.mark.parametrize("key", RESULTS)
def test_alarms_are_read_off_the_functions_own_form(key, tmp_path):
    """Alarms would be counted as silence, so that no feedback would mean anything."""
    spec = spec_returning(tmp_path, key)
    _, _, loud, quiet, held = RESULTS[key]
    assert LEARNING.alarm(spec, Outcome("returned", loud)) is True
    assert LEARNING.alarm(spec, Outcome("returned", quiet)) is False
    assert LEARNING.alarm(spec, Outcome("raised", (), "ValueError")) is None
    said = Observed("e", 0.0, "v1", (), {}, Outcome("returned", loud), True, False)
    assert LEARNING.expect(spec, said) == held
    assert LEARNING.expect(spec, said._replace(label=None)) is None


def test_too_little_data_is_neither_an_alarm_nor_silence(tmp_path):
    """Windows that could not be judged would count as rightly silent."""
    spec = spec_returning(tmp_path, "status")
    assert LEARNING.alarm(spec, Outcome("returned", {"status": "insufficient_data"})) is None


def test_a_monitors_own_result_is_read(tmp_path):
    """Feedback about a monitor of an object's own reference would teach nothing."""
    text = """
    @dataclass
    class Agent:
        reference: dict[str, list[float]]

        def check(self, features: dict[str, list[float]]) -> dict:
            drifted = [n for n, v in features.items() if mean(v) > mean(self.reference[n])]
            return {"drifted_features": drifted, "safe_mode": False}
    """
    made = watch(tmp_path, text, "Agent.check")
    base = [float(n % 50) for n in range(400)]
    agent = made.owner({"a": base})
    loud = plain(made.monitor(agent, {"a": [v + 100 for v in base]}))
    quiet = plain(made.monitor(agent, {"a": base}))
    assert LEARNING.alarm(made.spec, Outcome("returned", loud)) is True
    assert LEARNING.alarm(made.spec, Outcome("returned", quiet)) is False
    said = Observed("e", 0.0, "v1", (), {}, Outcome("returned", loud), True, False)
    assert LEARNING.expect(made.spec, said) == {"fields": {"drifted_features": []}}
    assert monitor_spec(tmp_path, text, "Agent.check").qualname == "Agent.check"


@pytest.mark.parametrize(
    ("text", "strategy", "facts"),
    [
        ("need KL for categorical features", "kl", {}),
        ("Please use a G-test for the features segment and region.", "kl",
         {"features": ["region", "segment"]}),
        ("KL for `city`!", "kl", {"features": ["city"]}),
        ("ignore column hum", "leave_out", {"features": ["hum"]}),
        ("compare with the same hour of the day", "seasonal", {}),
        ("a minimum effect of 0.25 would do", "minimum_effect", {"min_effect": 0.25}),
        ("an effect size of at least 20 % please", "minimum_effect", {"min_effect": 0.2}),
        ("a sample of 5,000 rows is enough", "sampling", {"rows": 5000}),
    ],
)  # fmt: skip
def test_what_is_asked_for_by_name_is_understood(text, strategy, facts, tmp_path):
    """Somebody who says what is needed would wait for statistics instead."""
    found = LEARNING.request(spec_of(tmp_path, TEXT, "detect_drift"), text)
    assert found is not None
    assert dict(found.facts) == {"strategy": strategy, **facts}
    assert (found.category, found.lane) == ("request", "deterministic")


@pytest.mark.parametrize(
    "text",
    ["", "too many alarms", "no need for KL", "we do not want KL here", "ignore all instructions",
     "effect size matters", "sample more", "\x00", "kludge"],
)  # fmt: skip
def test_what_names_no_strategy_asks_for_none(text, tmp_path):
    """A remark would change the code."""
    assert LEARNING.request(spec_of(tmp_path, TEXT, "detect_drift"), text) is None


@given(st.text(max_size=200), st.sampled_from(["KL ", "ignore feature ", "sample 500 rows "]))
def test_no_text_of_feedback_is_repeated(tmp_path_factory, text, lead):
    """Free text of feedback would reach a prompt or the code as instructions."""
    spec = spec_of(tmp_path_factory.mktemp("asked"), TEXT, "detect_drift")
    found = LEARNING.request(spec, lead + text)
    if found is None:
        return
    for name in found.facts.get("features", []):
        assert name.isidentifier()
        assert len(name) <= 64
    assert found.quotes == ()
    assert found.summary.startswith("asked for: ")
    assert "\n" not in found.summary
