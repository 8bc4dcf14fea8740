"""Running a baseline and a candidate on inputs, and telling their answers apart.

Each runs twice, the candidate a third time: later by the clock and after many calls. When two
errors are alike depends on who raised the baseline's. Where its own source raises, type, arguments
and attributes are part of what the function does. Where the interpreter or a library does, in an
operation that the arguments do not fit, the text tells of the operation, and only the type counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from poet.codec import decode, encode
from poet.gate.checks import Boxes, load_request, place
from poet.gate.compare import difference
from poet.gate.inputs import Input
from poet.gate.sandbox import Lost
from poet.spec import FunctionSpec

__all__ = ["Pair", "Runs", "changed", "differs", "ended", "is_transient", "may_pass", "mutation"]

# Both count without what a worker waits for a processor.
BUDGET = 6.0  # seconds for all drawn inputs on the baseline
PATIENCE = 1.0  # seconds for one drawn input on the baseline
GIVE_UP = 3  # inputs without an answer after which no further one is tried
_TRANSIENT = {
    "BlockingIOError", "BrokenPipeError", "ConnectionAbortedError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "InterruptedError", "TimeoutError",
    "asyncio.exceptions.TimeoutError", "http.client.RemoteDisconnected", "socket.gaierror",
    "socket.timeout", "urllib.error.URLError",
}  # fmt: skip
# Which of two operations meets a value of the wrong type first is no behaviour.
_ILL_TYPED = {"AttributeError", "TypeError"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LEAPS = (
    0, 2 * _MINUTE, 2 * _HOUR, 7 * _HOUR, 13 * _HOUR, 19 * _HOUR, *(n * _DAY for n in range(1, 8)),
    31 * _DAY, 100 * _DAY, 200 * _DAY, 300 * _DAY, *(n * 366 * _DAY for n in (1, 2, 3, 5, 10, 20, 40)),
)  # fmt: skip
LATER = 48  # inputs that are asked again later
BEFORE = 2000  # calls half-way
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
        later: How it answered when asked again later, where that is not how the baseline does.
    """

    input: Input
    before: dict[str, Any]
    after: Answer | None = None
    again: Answer | None = None
    later: str = ""


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
        seconds = {p.input.name: float(p.before["own_seconds"]) for p in pairs}

        def patience(item: Input) -> float:
            return min(self.timeout, max(10.0, 50 * seconds[item.name]))

        inputs = [p.input for p in pairs]
        after = self._all(code, inputs, 0, patience)
        # What is given up has failed; to ask again would take as long once more.
        given_up = sum(isinstance(a, Lost) for a in after.values()) >= GIVE_UP
        again = after if given_up else self._all(code, inputs[::-1], 1, patience)
        return [
            p._replace(after=after.get(p.input.name), again=again.get(p.input.name)) for p in pairs
        ]

    def later(self, code: str, pairs: Sequence[Pair]) -> list[Pair]:
        """Return the pairs, with those marked to which the candidate answers otherwise later.

        Its clock goes forward from input to input, by seconds to decades, and the function is
        called many times half-way. Where its answers change, the baseline is asked under
        the same clock: what changes there is no evidence.
        """
        chosen = [p for p in pairs if isinstance(p.after, dict)]
        chosen = [p for p in chosen if p.before["kind"] == "returned"] or chosen
        chosen = chosen[:LATER]
        if not chosen:
            return list(pairs)
        # Twice round, so that each input is met early and late and each hour of the clock by two.
        asked = [*chosen, *chosen[::-1]] if len(chosen) < LATER else chosen
        leaps = [_LEAPS[n * len(_LEAPS) // len(asked)] for n in range(len(asked))]
        told = self._told(code, asked, leaps)
        suspects = [
            n
            for n, p in enumerate(asked)
            if isinstance(p.after, dict)
            and (answer := told[n]) is not None
            and (isinstance(answer, Lost) or differs(p.after, answer))
        ]
        if not suspects:
            return list(pairs)
        own = self._told(None, asked, leaps)
        marked: dict[str, str] = {}
        for n in suspects:
            p, answer, mine = asked[n], told[n], own[n]
            if not isinstance(mine, dict) or differs(p.before, mine):
                continue
            found = answer.message if isinstance(answer, Lost) else differs(mine, answer or {})
            if found:
                when = f"{leaps[n]:,} seconds later, after {n} other calls"
                marked.setdefault(p.input.name, f"{when}: the candidate {found}"
                                  if isinstance(answer, Lost) else f"{when}: {found}")  # fmt: skip
        return [p._replace(later=marked.get(p.input.name, "")) for p in pairs]

    def _told(
        self, code: str | None, pairs: Sequence[Pair], leaps: Sequence[int]
    ) -> list[Answer | None]:
        """Ask in one worker, under a clock that goes forward; None where it was not asked."""
        request = load_request(self.spec, code, self.import_name, self.filename) | {"clock": True}
        answers: list[Answer | None] = [None] * len(pairs)
        with self.sandbox(timeout=self.timeout, hash_seed=0, require=self.require) as box:
            loaded = box.load(request)
            if isinstance(loaded, Lost) or "failed" in loaded:
                return answers
            for n, (pair, leap) in enumerate(zip(pairs, leaps, strict=True)):
                call = {"args": pair.input.args, "kwargs": pair.input.kwargs, "leap": leap}
                seconds = float(pair.before["own_seconds"])
                patience = min(self.timeout, max(10.0, 50 * seconds))
                answers[n] = box.call(
                    call | {"before": BEFORE if n == len(pairs) // 2 else 0}, timeout=patience
                )
                if isinstance(answers[n], Lost):
                    break
        return answers

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
                call = {"args": item.args, "kwargs": item.kwargs, "outside": {}}
                answer = box.call(call, timeout=patience(item))
                if drawn:  # not by our clock: what is compared may not depend on a busy machine
                    spent += patience(item) if isinstance(answer, Lost) else answer["own_seconds"]
                lost += isinstance(answer, Lost)
                answers[item.name] = answer
        return answers


def _no_evidence(before: dict[str, Any], other: Answer | None) -> str:
    """Return why the baseline's answer says nothing of a candidate, empty where it does."""
    if before["kind"] == "raised" and may_pass(before) and not _own(before):
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
        return f"the function {ended(before)}, the candidate {ended(after)}{place(after)}"
    if before["kind"] == "raised":
        found = _other_error(before, after)
    else:
        found = difference(before["value"], after["value"], **tolerance)
    if found:
        return found.replace(", expected", ", the baseline gives")
    return mutation(before, after)


def _other_error(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """Return how an error, and what was yielded before it, is not the one it should be."""
    names = {before["error"], after["error"]}
    if len(names) == 2 and (_own(before) or not names <= _ILL_TYPED):
        return f"the function {ended(before)}, the candidate {ended(after)}{place(after)}"
    if _own(before):
        for key in ("value", "exception"):
            ours, theirs = (
                _items(a["value"]) if key == "value" else a.get(key) for a in (before, after)
            )
            if ours is None or difference(ours, ours):
                continue  # what no one can compare
            found = difference(
                ours, theirs, path="the exception's value" if key == "value" else "the exception"
            )
            if found:
                return found
    ours = before.get("yielded")
    if ours is None or difference(ours, ours):
        return None
    found = difference(ours, after.get("yielded"), path="what it yields")
    return f"before its error {found}" if found else None


def _own(answer: dict[str, Any]) -> bool:
    """Say whether an error was raised by the project's own source, not within an operation."""
    return bool(answer.get("raised_by", "function") != "operation")


def may_pass(answer: dict[str, Any]) -> bool:
    """Say whether the baseline failed for a reason that may pass, from outside of itself.

    An error that the function raises by its own statement is its answer, of whatever type.
    """
    raised = answer["kind"] == "raised" and answer.get("raised_by") != "function"
    return raised and is_transient(answer["error"])


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
