"""What a call may cost, what it did cost, and an answer's figures made fit to be added up."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from poet.generate.prompt import estimate_tokens
from poet.generate.request import Completion, ModelInfo, Request
from poet.generate.secrets import scrub

__all__ = ["checked", "worst_case"]

_LONGEST_TEXT = 256 * 1024  # characters; nothing that long is read as a candidate
_MESSAGE_TOKENS = 8  # what a message costs besides its text


def worst_case(request: Request, info: ModelInfo) -> tuple[float, int]:
    """Return what one call may cost at most: US dollars and tokens.

    Tokens of the request are estimated from above; the answer is taken to be as long as it may be.
    """
    sent = _request_tokens(request)
    came = min(request.max_tokens, info.max_output_tokens or request.max_tokens)
    return _cost(info, sent, came), sent + came


def checked(answer: object, request: Request, info: ModelInfo, *, declared: bool) -> Completion:
    """Return what a provider gave as the answer that is stored and handed on.

    Args:
        answer: Of the provider; its text loses its secrets, and its end where it is enormous.
        request: What was asked.
        info: Of the model.
        declared: Whether the prices in ``info`` go before the cost that the provider tells.

    Raises:
        TypeError: It is no completion.
    """
    if not isinstance(answer, Completion) or not isinstance(answer.text, str):
        raise TypeError(f"its answer is a {type(answer).__name__}, not a Completion with a text")
    text, finish = answer.text, str(answer.finish)
    if len(text) > _LONGEST_TEXT:
        text, finish = text[:_LONGEST_TEXT], "oversize"
    sent = _count(answer.input_tokens, _request_tokens(request))
    came = _count(answer.output_tokens, estimate_tokens(answer.text))
    told = _amount(answer.cost_usd)
    cost = _cost(info, sent, came) if declared or told is None else told
    return Completion(scrub(text), scrub(finish), scrub(str(answer.model)), sent, came, cost)


def _cost(info: ModelInfo, sent: int, came: int) -> float:
    usd = sent * Decimal(repr(info.input_usd or 0.0)) + came * Decimal(repr(info.output_usd or 0.0))
    return float(usd / 1_000_000)


def _request_tokens(request: Request) -> int:
    return sum(estimate_tokens(m.content) + _MESSAGE_TOKENS for m in request.messages)


def _count(told: object, estimated: int) -> int:
    return told if type(told) is int and told >= 0 else estimated


def _amount(told: object) -> float | None:
    if isinstance(told, (int, float)) and isfinite(told) and told >= 0:
        return float(told)
    return None
