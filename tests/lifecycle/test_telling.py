"""The lines that tell a person what came of an enhancement."""

from __future__ import annotations

from pathlib import Path

import pytest

from poet.lifecycle import Attempt, Enhancement, Rung, Used
from poet.lifecycle.telling import ladder, line, money, spent
from poet.settings import Limits

REPORT = """Failed verification: 5 of 9 checks passed.
- called with 1: value is 2, the baseline gives 3
- more"""
BY_MODEL = Enhancement(
    "detect_drift", Path("app.py"), "ml_monitoring", "litellm", "promoted", "v1", "v2", 34, 34, 8.13,
    attempts=(
        Attempt(1, 1, "model", "litellm", "openai/gpt-5", "a", "b", "failed verification", REPORT, 0.01),
        Attempt(2, 1, "repaired", "litellm", "openai/gpt-5", "c", "d", "accepted", "", 0.0023),
    ),
    rungs=(
        Rung("model", "failed", "failed verification"),
        Rung("repaired", "promoted", "accepted"),
    ),
    used=Used(0.0123, 4_200, 2, 7.5),
    model="openai/gpt-5",
)  # fmt: skip
BY_RECIPE = Enhancement("add", Path("app.py"), "base", "recipe/base/guarded_call", "promoted", None,
                        "v1", 9, 9, 0.52, rungs=(Rung("recipe", "promoted"),))  # fmt: skip


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "$0.00"), (5, "$5.00"), (0.5, "$0.50"), (0.0123, "$0.0123"), (0.00001, "$1e-05"),
     (12.3456, "$12.3456"), (0.01, "$0.01"), (0.00004999, "$5e-05")],
)  # fmt: skip
def test_money(usd, text):
    """A cost would be rounded to nothing."""
    assert money(usd) == text


def test_a_line_says_what_was_made_by_whom_on_what_evidence_at_what_cost():
    """A user would not know what a version rests on, or what it cost."""
    assert line(BY_MODEL) == (
        "detect_drift: v1 -> v2 (promoted), litellm openai/gpt-5, 34/34 checks, 2 attempts, $0.0123, 8.1 s"
    )
    assert ladder(BY_MODEL) == (
        "model failed: failed verification (called with 1: value is 2, the baseline gives 3); "
        "repaired promoted: accepted"
    )
    assert line(BY_RECIPE) == "add: - -> v1 (promoted), recipe/base/guarded_call, 9/9 checks, 0.5 s"
    assert ladder(BY_RECIPE) == ""
    failed = BY_RECIPE._replace(outcome="failed", generator="", passed=0, total=0)
    assert line(failed) == "add: failed, 0.5 s"


def test_a_replay_says_so():
    """A user could not tell a run that asked a model from one that replayed."""
    again = BY_MODEL._replace(replayed=True, used=Used(0.0, 0, 0, 0.0))
    assert "2 attempts replayed, $0.00" in line(again)
    limits = Limits(5.0, 2_000_000, 200, 3600.0)
    assert "nothing was asked" in spent([again, BY_RECIPE], limits)
    assert spent([BY_MODEL, again], limits) == (
        "used $0.0123 of $5.00, 2 of 200 calls, 4,200 of 2,000,000 tokens"
    )


def test_a_long_reason_is_cut():
    """One reason would fill the screen and hide the other rungs."""
    why = "why " * 100
    long = BY_MODEL._replace(rungs=(Rung("model", "failed", why), Rung("recipe", "kept")))
    assert len(ladder(long)) < 200
    assert "…" in ladder(long)
    assert ladder(long).endswith("; recipe kept")
    unasked = BY_MODEL._replace(rungs=(Rung("model", "not tried", why), Rung("recipe", "kept")))
    assert ladder(unasked).endswith("…; recipe kept")


def test_what_to_do_next_is_never_cut():
    """A user without a key would read `expor…` in place of the command that mends it."""
    hint = "(next: export OPENAI_API_KEY in the shell that runs this, or name another model in [tool.poet])"
    why = f"no answer; openai/gpt-5: {'there is no key ' * 9}{hint}"
    lacking = BY_RECIPE._replace(rungs=(Rung("model", "failed", why), Rung("recipe", "promoted")))
    said = ladder(lacking)
    assert said.endswith(f"… {hint}; recipe promoted")
    assert len(said) < len(why)
    short = f"no answer; no key {hint}"
    lacking = BY_RECIPE._replace(rungs=(Rung("model", "failed", short), Rung("recipe", "promoted")))
    assert ladder(lacking) == f"model failed: {short}; recipe promoted"


def test_of_several_reasons_the_first_says_what_to_do():
    """Where three chains meet one limit, the line would be a wall, or end in half a hint."""
    why = "failed verification; no call left (next: --budget calls=4); no call left (next: --budget calls=5)"
    lacking = BY_RECIPE._replace(rungs=(Rung("model", "failed", why), Rung("recipe", "promoted")))
    assert ladder(lacking) == (
        "model failed: failed verification; no call left (next: --budget calls=4); …; recipe promoted"
    )
