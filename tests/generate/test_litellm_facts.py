"""What litellm's answers mean, from plain facts; nothing is imported or called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from poet.generate.litellm_facts import failure, model_info, shown, unusable


def wait_for(header: object) -> float | None:
    facts = {"status": 429, "retry_after": header, "text": "slow down"}
    return failure("openai/x", None, 10.0, facts).retry_after


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.0), ("1.5", 1.5), ("-3", 0.0), ("soon", None), ("nan", None), ("inf", None),
     ("", None), (None, None), ("1e999", None)],
)  # fmt: skip
def test_when_to_come_again(header: object, seconds: float | None) -> None:
    """A strange header would make a run wait for ever, or crash it."""
    assert wait_for(header) == seconds


def test_when_to_come_again_as_a_date() -> None:
    """Servers that answer with a date would be asked again at once."""
    date = datetime.now(UTC) + timedelta(seconds=60)
    seconds = wait_for(format_datetime(date, usegmt=True))
    assert seconds is not None
    assert 50 < seconds <= 60
    assert wait_for("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("litellm.RateLimitError: RateLimitError: OpenAIException - slow down", "slow down"),
        ("litellm.Timeout: Timeout Error: OpenAIException - too late", "too late"),
        (
            'litellm.RateLimitError: AnthropicException - {"error": {"message": "slow down"}}',
            "slow down",
        ),
        ("it broke. Handle with `litellm.InternalServerError`.", "it broke"),
        ("'usage'\nTraceback (most recent call last):\n  File x", "'usage'"),
        (
            'bad usage Traceback (most recent call last):\n  File "/home/me/x.py", line 7',
            "bad usage",
        ),
        (
            '{"error": {"message": "no Traceback (most recent call last):\\n  File \\"/home/me\\""}}',
            "no",
        ),
        ("\x1b[31mred\x1b[0m\x07\u202eback", "red back"),
        ("a\n\n b\tc", "a b c"),
        ("the Error: of my ways", "the Error: of my ways"),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
    ],
)
def test_a_servers_words_as_shown(text: str, expected: str) -> None:
    """Errors would be walls of text, or move the cursor of the terminal they are shown in."""
    assert shown(text) == expected


def test_a_servers_words_are_short() -> None:
    """A page of HTML would bury what matters."""
    assert len(shown("word " * 1000)) <= 300


def test_an_address_with_a_password() -> None:
    """The password of a gateway would stand in each error."""
    base = "http://user:hunter2-hunter2@gateway.example/v1"
    error = failure("openai/x", base, 10.0, {"status": 500, "text": f"no route to {base}"})
    assert "hunter2" not in str(error)
    assert "gateway.example" in str(error)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"died": "-9"}, "network"),
        ({"full": True}, "busy"),
        ({"late": True, "status": 200}, "timeout"),
        ({"status": 200, "trouble": "ReadTimeout"}, "timeout"),
        ({"status": None, "trouble": "ConnectError"}, "network"),
        ({"status": None, "type": "AuthenticationError"}, "key"),
        ({"status": None, "type": "InternalServerError", "text": "api_key must be set"}, "key"),
        ({"status": None, "type": "UnsupportedParamsError"}, "model"),
        ({"status": 200, "code": 401}, "key"),
        ({"status": 200, "code": 500}, "garbled"),
        ({"status": 307, "location": "https://else.example/"}, "refused"),
        ({"status": 418}, "refused"),
        ({}, "model"),
    ],
)
def test_kinds(facts: dict[str, Any], kind: str) -> None:
    """A run would repeat what is hopeless, or give up what a second try would mend."""
    error = failure("openai/x", "http://127.0.0.1:1/v1", 10.0, facts)
    assert error.kind == kind
    assert error.hint


def entry(**more: object) -> dict[str, Any]:
    return {"provider": "openai", "base": None, "missing": [], "entry": {"mode": "chat", **more}}


def test_prices_that_are_none() -> None:
    """A broken price would make every call free."""
    for price in (None, "cheap", float("nan"), float("inf"), -1.0, True):
        info = model_info("m", None, entry(input_cost_per_token=price, output_cost_per_token=1e-6))
        assert (info.input_usd, info.output_usd) == (None, 1.0)
    costly = entry(output_cost_per_token=1e-6, output_cost_per_reasoning_token=4e-6)
    assert model_info("m", None, costly).output_usd == 4.0
    assert model_info("m", None, entry(max_output_tokens="many")).max_output_tokens is None


@pytest.mark.parametrize("provider", ["bedrock", "vertex_ai", "azure", "sagemaker_chat"])
def test_credentials_that_come_from_elsewhere(provider: str) -> None:
    """Who signs in by a role or a file would be told that a key is missing."""
    missing = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AZURE_API_KEY"]
    facts = {"provider": provider, "base": None, "entry": None, "missing": missing}
    assert model_info("m", None, facts).problem == ""


def test_a_litellm_that_cannot_be_used() -> None:
    """The error would not name the command that helps."""
    for kind in ("missing", "malicious", "broken"):
        error = unusable(kind, "RuntimeError: x")
        assert error.kind == "model"
        assert "pip install 'poet-ml[llm]'" in error.hint
