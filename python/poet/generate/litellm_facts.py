"""What litellm's answers mean: may this model be called, at what price, and why did a call fail."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from poet.errors import ProviderError
from poet.generate.request import ModelInfo
from poet.generate.secrets import scrub

__all__ = ["NO_KEY", "failure", "key_for", "model_info", "shown", "unusable"]

NO_KEY = "no-key"
INSTALL = "pip install 'poet-ml[llm]'"
# Servers people run themselves: no key, and free on their own machine.
_LOCAL = frozenset(
    ("docker_model_runner", "hosted_vllm", "lemonade", "llamafile", "lm_studio", "ollama",
     "ollama_chat", "xinference")
)  # fmt: skip
_NEEDS_ADDRESS = frozenset(
    ("custom_openai", "hosted_vllm", "litellm_proxy", "lm_studio", "openai_like", "xinference")
)
# Where litellm would go without an address; only these are known to be this machine.
_OWN_ADDRESS = frozenset(("docker_model_runner", "llamafile", "ollama", "ollama_chat"))
# Credentials that may come from files, roles or sign-ins: only the call itself can tell.
_ELSEWHERE = (
    "azure",
    "bedrock",
    "databricks",
    "oci",
    "sagemaker",
    "snowflake",
    "vertex",
    "watsonx",
)
_CHAT = ("chat", "completion", "responses", None)
_INSIDE = (401, 402, 403, 404, 408, 413, 429, 503, 529)
_LONGEST = 300
_PREFIX = re.compile(
    r"^(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?: Error)?(?::| -)(?: |$))+", re.ASCII
)
_TAIL = re.compile(r"\.? ?(?:Handle with `[^`]*`\.?|Received Model Group=.*)$")
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


def model_info(model: str, api_base: str | None, facts: Mapping[str, Any]) -> ModelInfo:
    """Return what is known of a model.

    Args:
        model: As it was asked for.
        api_base: The address that was set.
        facts: What the process that has litellm found out.
    """
    if (sign_in := facts.get("interactive")) is not None:
        return _no(model, f"{sign_in} wants a sign-in on a screen, which a run cannot give",
                   "name a model that takes a key, such as openai/gpt-5")  # fmt: skip
    if "unknown" in facts:
        near = facts.get("near") or []
        if api_base:
            hint = f'for an OpenAI-compatible server write model = "openai/{model}"'
        elif near:
            hint = f"did you mean {' or '.join(near)}?"
        else:
            hint = "write provider/name, such as openai/gpt-5 or anthropic/claude-sonnet-4-5"
        return _no(model, "litellm knows no provider for this name", hint)
    provider, base, entry = facts["provider"], facts.get("base"), facts.get("entry") or {}
    if provider in _NEEDS_ADDRESS and not base:
        return _no(model, f"{provider} has no address to call",
                   'set api_base in [tool.poet], such as "http://127.0.0.1:8000/v1"')  # fmt: skip
    if entry and entry.get("mode") not in _CHAT:
        return _no(model, f"it is made for {entry['mode']}, not for writing text",
                   "name a chat model, such as openai/gpt-5")  # fmt: skip
    missing = _missing_keys(facts)
    if missing and key_for(facts) is None:
        names = " or ".join(missing)
        return _no(model, f"there is no key: {names} is not set in the environment",
                   f"export {missing[0]}=..., or set api_base for a server of your own",
                   "key")  # fmt: skip
    priced, written = _per_million(entry, "input"), _per_million(entry, "output")
    thinking = _per_million(entry, "output", "_reasoning_token")
    if written is not None and thinking is not None:
        written = max(written, thinking)
    if not entry and provider in _LOCAL and _this_machine(base, provider):
        priced = written = 0.0
    most = entry.get("max_output_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most <= 0:
        most = None
    return ModelInfo(model, priced, written, most)


def _no(model: str, what: str, hint: str, kind: str = "model") -> ModelInfo:
    return ModelInfo(model, problem=scrub(f"{model}: {what}; {hint}"), kind=kind)


def _missing_keys(facts: Mapping[str, Any]) -> list[str]:
    """Return the variables without which no call can succeed; any one of them is enough."""
    provider = str(facts["provider"])
    if provider in _LOCAL or provider.startswith(_ELSEWHERE):
        return []
    return [name for name in facts.get("missing") or [] if name.endswith(("_KEY", "_TOKEN"))]


def key_for(facts: Mapping[str, Any]) -> str | None:
    """Return the key to send in place of one that is not set, or None to send litellm's own.

    A server of one's own (any model with ``api_base``) often wants no key, while the clients
    refuse to send none: it gets the word ``no-key``. One that does want a key answers with 401.
    """
    custom = facts.get("custom", False)
    return NO_KEY if custom and facts.get("provider") and _missing_keys(facts) else None


def _per_million(entry: Mapping[str, Any], kind: str, unit: str = "_token") -> float | None:
    value = entry.get(f"{kind}_cost_per{unit}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(value * 1e6, 9) if isfinite(value) and value >= 0 else None
    return None


def _this_machine(base: str | None, provider: str) -> bool:
    if base is None:
        return provider in _OWN_ADDRESS
    with suppress(ValueError):
        host = urlsplit(base).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")
    return False


class _Blame(NamedTuple):
    """What every error of one failed call has in common."""

    model: str
    where: str
    wait: float | None
    said: str

    def error(self, kind: str, what: str, hint: str) -> ProviderError:
        return ProviderError(
            scrub(f"{self.model}: {what}{self.said}"),
            kind=kind, retry_after=self.wait, where=self.where, hint=hint,
        )  # fmt: skip


def failure(
    model: str, api_base: str | None, timeout: float, facts: Mapping[str, Any]
) -> ProviderError:
    """Return the error for a call that gave no answer.

    The HTTP status that was seen decides, and not the exception: litellm raises one and the same
    for a server in trouble, a torn answer and a dropped connection, and drops ``Retry-After``.
    """
    status, trouble = facts.get("status"), str(facts.get("trouble") or "")
    if status == 200 and facts.get("code") in _INSIDE:
        status = facts["code"]  # some gateways wrap an error into a success
    text = shown(str(facts.get("text", "")))
    where = scrub(api_base) if api_base else f"the provider of {model}"
    blame = _Blame(model, where, _seconds(facts.get("retry_after")), f": {text}" if text else "")
    if "died" in facts:
        what = f"the process that calls litellm ended ({facts['died']})"
        return blame.error("network", what, "run the command again")
    if facts.get("full"):
        return blame.error("busy", "too many calls hang", "lower `parallel` in [tool.poet]")
    if facts.get("late") or "Timeout" in trouble:
        return blame._replace(said="").error(
            "timeout", f"no whole answer within {timeout:g} s",
            "raise model_timeout in [tool.poet], or lower max_tokens",
        )  # fmt: skip
    if trouble:
        return blame.error("network", f"the connection failed ({trouble})",
                           "look whether the server runs and the address is right")  # fmt: skip
    if status is None:
        return _before_the_call(blame, str(facts.get("type", "")))
    if status < 300:
        if len(text) < 12:  # the name of a field that litellm looked for
            blame = blame._replace(said="")
        return blame.error("garbled", "what came is no answer in the form of the protocol",
                           "look whether api_base is the address of a model's server")  # fmt: skip
    if status < 400:
        target = shown(urlsplit(str(facts.get("location") or "")).netloc) or "another address"
        what = f"the server sends us on (HTTP {status}) to {target}, and no key is sent on"
        return blame._replace(said="").error("refused", what, "set api_base to the final address")
    return _refused(blame, status)


def _before_the_call(blame: _Blame, kind: str) -> ProviderError:
    """Return the error for a call that litellm itself refused to make."""
    if kind == "AuthenticationError" or "api_key" in blame.said.lower():
        return blame.error("key", "there is no usable key",
                           "set the provider's key in the environment")  # fmt: skip
    return blame.error("model", "litellm did not make the call",
                       "check the model's name and the settings it is given")  # fmt: skip


def _refused(blame: _Blame, status: int) -> ProviderError:
    """Return the error for an answer with an HTTP status from 400 on."""
    said, code = blame.said.lower(), f" (HTTP {status})"
    if status in (401, 403):
        what = "refuses the key" if status == 401 else "does not let this key use it"
        return blame.error("key", f"the server {what}{code}",
                           "check the key in the environment, and what it may use")  # fmt: skip
    if status == 404:
        return blame.error("model", f"the server does not know the model{code}",
                           "check the model's name and api_base")  # fmt: skip
    if status == 402 or (status == 429 and "exceeded your current quota" in said):
        return blame.error("refused", f"the account has nothing left{code}",
                           "add credit at the provider, or name another model")  # fmt: skip
    if status in (408, 504):
        return blame.error("timeout", f"the server gave up{code}",
                           "try again later, or lower max_tokens")  # fmt: skip
    if status in (409, 425, 429):
        return blame.error("busy", f"the server asks to wait{code}",
                           "try again later, or lower `parallel` in [tool.poet]")  # fmt: skip
    if status >= 500:
        return blame.error("busy", f"the server is in trouble{code}", "try again later")
    hint = "see what the server says; `poet prompt` shows what it was asked"
    if status == 413 or "context" in said or "too long" in said:
        hint = "the prompt is too long for this model: name one with a larger context"
    return blame.error("refused", f"the server refuses the request{code}", hint)


def _seconds(value: object) -> float | None:
    """Return the seconds of a ``Retry-After`` header, which may be a date."""
    if not isinstance(value, str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if isfinite(seconds) else None


def shown(text: str) -> str:
    """Return a server's words as they may be shown: one short line without secrets."""
    text = text.partition("\nTraceback")[0]
    text = _TAIL.sub("", _PREFIX.sub("", text.strip()))
    with suppress(ValueError):
        said = json.loads(text)
        inner = said.get("error", said) if isinstance(said, dict) else said
        text = str(inner.get("message", text) if isinstance(inner, dict) else inner)
    text = text.partition("Traceback (most recent call last)")[0]  # it has paths of this machine
    text = " ".join(_CONTROL.sub(" ", scrub(text)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 4].rstrip() + " ..."


def unusable(kind: str, text: str) -> ProviderError:
    """Return the error for a litellm that cannot be used."""
    if kind == "missing":
        return ProviderError("litellm is not installed, and models are asked through it",
                             kind="model", where="the extra llm", hint=INSTALL)  # fmt: skip
    if kind == "malicious":
        return ProviderError(f"litellm {text} is a release that carries malicious code",
                             kind="model", where="the installed packages",
                             hint=f"{INSTALL} --upgrade, and renew your keys")  # fmt: skip
    return ProviderError(f"litellm cannot be used: {shown(text) or 'no reason given'}",
                         kind="model", where="the process that imports it",
                         hint=f"repair it with {INSTALL} --upgrade --force-reinstall")  # fmt: skip
