"""The summary of a run that made versions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from poet.lifecycle import Attempt, Enhancement, Rung, Used
from poet.settings import Limits
from pytest_poet.summary import Told, summary

RECIPE = Enhancement("add", Path("app.py"), "base", "recipe/base/guarded_call", "promoted", None,
                     "v1", 9, 9, 0.5, rungs=(Rung("recipe", "promoted"),))  # fmt: skip
MODEL = Enhancement(
    "fetch", Path("app.py"), "base", "litellm", "promoted", "v1", "v2", 34, 34, 8.1,
    attempts=(Attempt(1, 1, "model", "litellm", "openai/gpt-5", "a", "b", "accepted", ""),),
    rungs=(Rung("model", "failed", "no answer"), Rung("repaired", "promoted", "accepted")),
    used=Used(0.0123, 4_200, 1, 7.5), model="openai/gpt-5",
)  # fmt: skip


def told(*results, **more):
    width = more.pop("width", 0)
    whole = Told(results, ["verified"], (), Limits(), more.pop("failed", False), **more)
    return summary(whole, width)


def test_attempts_and_cost_stand_where_a_model_was_used():
    """A project without models would read of costs; one with them would not see its own."""
    without = "\n".join(told(RECIPE))
    assert "cost" not in without
    assert "$" not in without
    assert without.endswith("next: review and commit .poet/, then: pytest")
    lines = told(RECIPE, MODEL)
    assert re.fullmatch(
        r"function +domain +generator +version +checks +attempts +cost +seconds", lines[0]
    )
    assert re.search(r"recipe/base/guarded_call +- -> v1 +9/9 +- +- +0\.5", lines[1])
    assert re.search(r"litellm openai/gpt-5 +v1 -> v2 +34/34 +1 +\$0\.0123 +8\.1", lines[2])
    assert "  fetch: model failed: no answer; repaired promoted: accepted" in lines
    assert any(line.startswith("poet: used $0.0123 of $0.50, 1 of 12 calls") for line in lines)
    assert "poet diff fetch; then: poet approve fetch" in lines[-1]


@pytest.mark.parametrize("width", [76, 80, 100])
def test_the_table_fits_the_terminal(width):
    """On a terminal of 80 columns each row of a run with a model would wrap."""
    plain = MODEL._replace(model="openai/test", replayed=True)
    long = MODEL._replace(
        function="orders.Basket.with_a_long_name_of_its_own", model="anthropic/claude-sonnet-4-5"
    )
    for results in ((RECIPE, plain), (RECIPE, plain, long)):
        lines = told(*results, width=width)[: len(results) + 1]
        assert max(map(len, lines)) <= width, lines
        assert re.match(r"function +(domain +)?generator +version +checks +attempts", lines[0])
        assert "seconds" in lines[0]
        assert re.search(r"v1 -> v2 +34/34 +1 replayed +\$0\.0123 +8\.1", lines[2])
        assert len({line.find("v1") for line in lines[2:]}) == 1
    assert "openai/test" in told(RECIPE, plain, width=80)[2]
    assert "guarded_call" in told(RECIPE, plain, width=80)[1]
    assert "…" in lines[3]
    assert told(RECIPE, width=80) == told(RECIPE)


def test_a_kept_version_says_why_and_a_failed_one_names_the_same_model():
    """A user would take a model that found nothing for one that was never asked."""
    kept = MODEL._replace(outcome="kept", after="v1", message="nothing was better: same latency")
    assert "  fetch: nothing was better: same latency" in told(kept)
    failed = MODEL._replace(outcome="failed", after="v1", message="no answer is recorded")
    lines = told(failed, flags=("--poet-model=openai/gpt-5",))
    assert "  no answer is recorded" in lines
    assert lines[-1].endswith(
        "then: pytest --poet-regenerate --poet-select=fetch --poet-model=openai/gpt-5"
    )


def test_a_replay_says_so():
    """A user could not tell whether a run in CI asked a model."""
    lines = told(MODEL._replace(replayed=True, used=Used(0.0, 0, 0, 0.0)))
    assert re.search(r"34/34 +1 replayed +\$0\.00", lines[1])
    assert any("nothing was asked, nothing spent" in line for line in lines)
