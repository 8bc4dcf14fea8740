"""What a model is asked, and what it answers: plain values that every provider understands."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Literal, NamedTuple, Protocol

__all__ = ["Completion", "Message", "ModelInfo", "Provider", "Request", "steady"]

_MEASURED = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?= ?(?:ns|us|µs|ms|s|MB)\b)")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


class Message(NamedTuple):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(NamedTuple):
    """One completion that is asked of a model.

    Attributes:
        function: The qualified name it is for; for people, and no part of the hash.
        messages: The conversation so far, the last one of the user.
        model: As the provider knows it, such as ``openai/gpt-5``.
        max_tokens: The most the answer may have.
        temperature: None leaves it to the model.
        sample: Which of several answers to the same conversation.
        api_base: Address of an OpenAI-compatible server; no part of the hash.
    """

    function: str
    messages: tuple[Message, ...]
    model: str
    max_tokens: int
    temperature: float | None = None
    sample: int = 0
    api_base: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, of all that shapes the answer.

        Measured times and sizes and addresses in memory count as equal: they differ between two
        runs that ask the same.
        """
        asked = {
            "messages": [[m.role, steady(m.content)] for m in self.messages],
            "model": self.model,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "sample": self.sample,
        }
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def steady(text: str) -> str:
    """Return ``text`` with each measured time or size, and each address, as ``#``."""
    return _ADDRESS.sub("#", _MEASURED.sub("#", text))


class Completion(NamedTuple):
    """A model's answer.

    Attributes:
        text: As it came, with what looks like a secret taken out.
        finish: ``stop`` for a whole answer; ``length`` for one that was cut off; else the
            provider's own word.
        model: The model that answered, as the provider names it.
        input_tokens: As the provider counted them; estimated where it does not say.
        output_tokens: Likewise.
        cost_usd: What it cost when it was made.
    """

    text: str
    finish: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float


class ModelInfo(NamedTuple):
    """What is known of a model before the first call.

    Attributes:
        model: As it was asked for.
        input_usd: US dollars for a million tokens of the request; None where nobody knows.
        output_usd: US dollars for a million tokens of the answer; None where nobody knows.
        max_output_tokens: The most it can answer; None where nobody knows.
        problem: Why no call can succeed (a missing key, a name nobody knows) and what to do;
            empty where one may.
        kind: What kind of problem that is, as of ``ProviderError``: ``model``, ``key``, …
    """

    model: str
    input_usd: float | None = None
    output_usd: float | None = None
    max_output_tokens: int | None = None
    problem: str = ""
    kind: str = "model"


class Provider(Protocol):
    """What completes a conversation; handed over through ``poet_register_providers(register)``.

    Attributes:
        name: Such as ``litellm``; unique among the installed ones.
    """

    name: str

    async def describe(self, model: str, api_base: str | None) -> ModelInfo:
        """Return what is known of a model; makes no call that costs."""
        ...

    async def complete(self, request: Request, *, timeout: float) -> Completion:
        """Return the answer to one request.

        Args:
            request: What is asked.
            timeout: Seconds after which nobody waits any more. The caller cancels then.

        Raises:
            ProviderError: There is no answer; the error says whether asking again may help.
        """
        ...

    async def close(self) -> None:
        """Let go of processes and connections."""
        ...
