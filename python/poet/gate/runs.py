"""Running a baseline and a candidate on inputs, each twice, and telling their answers apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from poet.gate.checks import Boxes, load_request
from poet.gate.codec import decode, encode
from poet.gate.compare import difference
from poet.gate.inputs import Input
from poet.gate.sandbox import Lost
from poet.spec import FunctionSpec

__all__ = ["Pair", "Runs", "changed", "differs", "ended", "is_transient", "mutation"]

BUDGET = 6.0  # seconds for all drawn inputs on the baseline
PATIENCE = 1.0  # seconds for one drawn input on the baseline
GIVE_UP = 3  # inputs without an answer after which no further one is tried
_TRANSIENT = {
    "BlockingIOError", "BrokenPipeError", "ConnectionAbortedError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "InterruptedError", "TimeoutError",
    "asyncio.exceptions.TimeoutError", "http.client.RemoteDisconnected", "socket.gaierror",
    "socket.timeout", "urllib.error.URLError",
}  # fmt: skip
_NO_ANSWER = {"MemoryError", "RecursionError"}

EXACT: Mapping[str, Any] = {}

Answer = dict[str, Any] | Lost


class Pair(NamedTuple):
    """What the baseline and the candidate answered to one input.

    Attributes:
        input: The input.
        before: The baseline's answer.
        after: The candidate's, in order; None where it was not asked.
        again: The candidate's, in a fresh worker in reverse order.
    """

    input: Input
    before: dict[str, Any]
    after: Answer | None = None
    again: Answer | None = None


def is_transient(error: str) -> bool:
    """Say whether an exception of that name means a failure that may pass."""
    last = error.rpartition(".")[2]
    return error in _TRANSIENT or last in (
        "ConnectError",
        "ConnectTimeout",
        "ReadTimeout",
        "Timeout",
    )


class Runs:
    """Runs inputs in workers."""

    def __init__(
        self,
        spec: FunctionSpec,
        import_name: str,
        filename: str,
        timeout: float,
        require: bool,
        sandbox: Boxes,
    ) -> None:
        self.spec, self.import_name, self.filename = spec, import_name, filename
        self.timeout, self.require, self.sandbox = timeout, require, sandbox

    def baseline(self, inputs: Sequence[Input]) -> tuple[list[Pair], dict[str, str]]:
        """Return the inputs on which the baseline answers twice alike, and why others are none."""
        left_out: dict[str, str] = {}
        first = self._all(None, inputs, 0, self._patience)
        asked = [i for i in inputs if isinstance(first.get(i.name), dict)]
        for item in inputs:
            answer = first.get(item.name)
            if answer is None:
                left_out[item.name] = "not tried: the function takes too long on such inputs"
            elif isinstance(answer, Lost):
                left_out[item.name] = f"the function itself {answer.message}"
        second = self._all(None, asked[::-1], 1, self._patience)
        pairs = []
        for item in asked:
            before, other = first[item.name], second.get(item.name)
            assert isinstance(before, dict)
            reason = _no_evidence(before, other)
            if reason:
                left_out[item.name] = reason
            else:
                pairs.append(Pair(item, before))
        return pairs, left_out

    def candidate(self, code: str, pairs: Sequence[Pair]) -> list[Pair]:
        """Return the pairs with the candidate's answers."""
        seconds = {p.input.name: float(p.before["seconds"]) for p in pairs}

        def patience(item: Input) -> float:
            return min(self.timeout, max(10.0, 50 * seconds[item.name]))

        inputs = [p.input for p in pairs]
        after = self._all(code, inputs, 0, patience)
        again = self._all(code, inputs[::-1], 1, patience)
        return [
            p._replace(after=after.get(p.input.name), again=again.get(p.input.name)) for p in pairs
        ]

    def _patience(self, item: Input) -> float:
        drawn = item.origin in ("generated", "perturbed")
        return min(self.timeout, PATIENCE) if drawn else self.timeout

    def _all(
        self,
        code: str | None,
        inputs: Iterable[Input],
        hash_seed: int,
        patience: Callable[[Input], float],
    ) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        lost = 0
        spent = 0.0
        request = load_request(self.spec, code, self.import_name, self.filename)
        with self.sandbox(timeout=self.timeout, hash_seed=hash_seed, require=self.require) as box:
            loaded = box.load(request)
            if isinstance(loaded, Lost):
                return {i.name: loaded for i in inputs}
            if "failed" in loaded:
                return {i.name: Lost("refused", str(loaded["failed"])) for i in inputs}
            for item in inputs:
                drawn = item.origin in ("generated", "perturbed")
                if lost >= GIVE_UP or (code is None and drawn and spent > BUDGET):
                    continue
                start = time.perf_counter()
                call = {"args": item.args, "kwargs": item.kwargs, "outside": {}}
                answer = box.call(call, timeout=patience(item))
                spent += (time.perf_counter() - start) if drawn else 0.0
                lost += isinstance(answer, Lost)
                answers[item.name] = answer
        return answers


def _no_evidence(before: dict[str, Any], other: Answer | None) -> str:
    """Return why the baseline's answer says nothing of a candidate, empty where it does."""
    if before["kind"] == "raised" and is_transient(before["error"]):
        return f"the function raises {before['error']}, which may pass"
    if before["kind"] == "raised" and before["error"] in _NO_ANSWER:
        return f"the function raises {before['error']}"
    if before["kind"] == "returned":
        odd = difference(before["value"], before["value"])
        if odd:
            return f"the function's {odd}"
    if not isinstance(other, dict):
        return "the function answers once and not again"
    found = differs(before, other)
    return f"the function is not deterministic: {found}" if found else ""


def differs(
    before: dict[str, Any], after: dict[str, Any], tolerance: Mapping[str, Any] = EXACT
) -> str | None:
    """Return how one answer differs from another, None where it does not."""
    if before["kind"] != after["kind"]:
        return f"the function {ended(before)}, the candidate {ended(after)}"
    if before["kind"] == "raised":
        if before["error"] != after["error"]:
            return f"the function {ended(before)}, the candidate {ended(after)}"
        if any(difference(v, v) for v in before["value"]):
            return None  # arguments of the exception that no one can compare
    found = difference(before["value"], after["value"], **tolerance)
    if found:
        what = "the exception's " if before["kind"] == "raised" else ""
        return what + found.replace(", expected", ", the baseline gives")
    return mutation(before, after)


def mutation(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """Return how the arguments after the call differ, None where they do not or cannot be told."""
    if difference(before["inputs"], before["inputs"]):
        return None
    found = difference(before["inputs"], after["inputs"], path="arguments")
    return f"after the call {found}" if found else None


def ended(answer: dict[str, Any]) -> str:
    """Say how a call ended."""
    return f"raises {answer['error']}" if answer["kind"] == "raised" else "returns"


def changed(item: Input, answer: dict[str, Any]) -> bool:
    """Say whether the arguments after the call are not those that were sent."""
    args, kwargs = answer["inputs"]
    sent, args = _items(item.args), _items(args)
    extra = max(0, len(args) - len(sent))  # the worker puts None before them for a method
    return bool(difference([sent, item.kwargs], [args[extra:], kwargs]))


def _items(tree: Any) -> list[Any]:
    """Return the encoded items of an encoded list, which may be packed."""
    return tree if isinstance(tree, list) else [encode(value) for value in decode(tree)]
