"""The search: candidates side by side, in rounds, each failure's report the next prompt.

All chains ask; the answers of a round are read in a fixed order; near-duplicates are dropped; the
rest is judged. Nothing depends on which answer came first, so that a replay makes the same version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from poet.errors import BudgetError, CassetteMissError, GenerationError, ProviderError
from poet.gate import report_for
from poet.generate import Candidate, written
from poet.generate.budget import Ledger
from poet.generate.client import Answer
from poet.generate.prompt import repair
from poet.generate.reply import read_reply
from poet.generate.request import Message, Request
from poet.lifecycle._choose import Way, cassettes_of, command_of
from poet.lifecycle._making import Judged, Making, repeatable
from poet.lifecycle._objectives import compare, decide, figures_of, reference_of, timed, wanted
from poet.lifecycle._results import Attempt
from poet.lifecycle._run import Run
from poet.lifecycle._similar import shape
from poet.store import sha256

__all__ = ["Search"]

# Another answer of a model changes nothing about these.
_POINTLESS = ("insufficient evidence", "sandbox unavailable")


class _Chain:
    """One candidate that is sought: its conversation so far."""

    def __init__(self, number: int, messages: tuple[Message, ...]) -> None:
        self.number = number
        self.messages = messages
        self.rung = "model"
        self.ended = ""  # why it goes on no more


class _Try:
    """One chain's part of a round."""

    def __init__(self, chain: _Chain, attempt: Attempt) -> None:
        self.chain = chain
        self.attempt = attempt
        self.candidate: Candidate | None = None
        self.judged: Judged | None = None
        self.report = ""  # for the next prompt
        self.twin: _Try | None = None  # what it is a near-duplicate of

    def ends(self, outcome: str, why: str, report: str = "") -> None:
        """Say what came of it."""
        self.attempt = self.attempt._replace(outcome=outcome, why=why)
        self.report = report or why


class Search:
    """The search for one function's next version among a model's answers.

    Args:
        making: The function.
        way: Which model, and what it is asked.
        run: What it shares with other functions.
    """

    def __init__(self, making: Making, way: Way, run: Run) -> None:
        assert way.prompt is not None
        self.making, self.way, self.run, self.prompt = making, way, run, way.prompt
        self.ledger: Ledger = run.ledger(making)
        self.objectives: Mapping[str, Any] = {}
        self.figures: Mapping[str, Any] = {}
        self.notes: tuple[str, ...] = ()
        self.best: Judged | None = None
        self.rounds = 0
        self.over = ""  # why no further answer is of use
        self.replayed = True  # until a provider answers
        self.answered = 0
        self._chains = [
            _Chain(n, self.prompt.messages) for n in range(1, making.settings.candidates + 1)
        ]
        self._seen: dict[str, _Try] = {}
        if making.fresh is not None and not making.job.force:
            self._current = shape(making.fresh.code, making.spec.name)
        else:
            self._current = ""

    async def climb(self) -> Judged | None:
        """Return the best accepted candidate, None where none was found.

        Raises:
            CassetteMissError: Recorded answers alone are wanted, and one is missing.
            ConfigError: Nobody knows what the model costs.
            PoetError: What judges is broken, not what is judged.
        """
        for _ in range(self.making.settings.tries):
            chains = [c for c in self._chains if not c.ended]
            if not chains or self.over:
                break
            self.rounds += 1
            await self._round(chains)
            if self.best is not None:
                break
        return self.best

    @property
    def reasons(self) -> list[str]:
        """Why the chains ended before their time."""
        return list(dict.fromkeys([*filter(None, (c.ended for c in self._chains)), self.over]))

    async def _round(self, chains: list[_Chain]) -> None:
        answers = await _all(self._ask(chain) for chain in chains)
        tries: list[_Try] = []
        for chain, answer in zip(chains, answers, strict=True):
            found = self._read(chain, answer, len(self.making.attempts) + len(tries) + 1)
            if found is not None:
                tries.append(found)
        await _all(self._judge(t) for t in tries if t.candidate and not t.attempt.outcome)
        accepted = [t for t in tries if t.judged and t.judged.verdict.accepted]
        if self.making.has_trial:
            accepted = [t for t in accepted if await self._holds(t)]
        if accepted:
            await self._choose(accepted)
        for one in tries:
            self.making.attempted(one.attempt)
            self._go_on(one)

    # Asking and reading

    async def _ask(self, chain: _Chain) -> Answer | GenerationError:
        settings, way = self.making.settings, self.way
        request = Request(
            self.making.spec.qualname,
            chain.messages,
            way.model,
            settings.max_tokens,
            settings.temperature,
            chain.number - 1,
            settings.api_base,
        )
        self._tell(f"ask {way.model}" if way.live else f"look up {way.model}", chain)
        try:
            client = await self.run.client(settings, live=way.live)
            answer = await client.ask(
                request,
                cassettes_of(self.making),
                self.ledger,
                command=command_of(self.making),
                live=way.live,
            )
        except CassetteMissError as error:
            if way.strict or way.live:
                raise
            return error
        except (BudgetError, ProviderError) as error:
            return error
        self.answered += 1
        self.replayed = self.replayed and answer.replayed
        return answer

    def _read(self, chain: _Chain, answer: Answer | GenerationError, number: int) -> _Try | None:
        """Return the try that an answer is; None where nobody was asked."""
        blank = Attempt(
            number, chain.number, chain.rung, self.making.settings.provider, self.way.model,
            "", "", "", "",
        )  # fmt: skip
        if isinstance(answer, GenerationError):
            chain.ended = _one_line(answer)
            if isinstance(answer, ProviderError) or "; before that: " in answer.what:
                found = _Try(chain, blank)
                found.ends("no answer", chain.ended)
                return found
            return None
        said, spec = answer.completion, self.making.spec
        found = _Try(
            chain,
            blank._replace(
                request=answer.request,
                cost_usd=said.cost_usd,
                input_tokens=said.input_tokens,
                output_tokens=said.output_tokens,
            ),
        )
        reply = read_reply(said)
        if reply.problem:
            outcome = "truncated reply" if said.finish == "length" else "malformed reply"
            found.ends(outcome, reply.problem, f"The answer could not be used: {reply.problem}.")
            return found
        settings = self.making.settings
        asked = {
            "prompt": self.prompt.fingerprint,
            "max_tokens": settings.max_tokens,
            "temperature": settings.temperature,
        }
        candidate = written(
            reply.code, spec, self.making.domain.name, settings.provider, self.way.model, asked
        )
        if isinstance(candidate, str):
            found.ends("malformed reply", candidate, f"The answer could not be used: {candidate}.")
            return found
        found.candidate = candidate
        found.attempt = found.attempt._replace(candidate_sha256=sha256(candidate.source))
        same = shape(candidate.source, spec.name)
        if same == self._current:
            found.ends("duplicate", f"nearly the same code as {self.making.before}, which is fresh")
        elif same in self._seen:
            found.twin = self._seen[same]
            found.ends("duplicate", f"nearly the same code as attempt {found.twin.attempt.number}")
        else:
            self._seen[same] = found
        return found

    # Judging and choosing

    async def _judge(self, one: _Try) -> None:
        making, threads, candidate = self.making, self.run.threads, one.candidate
        assert candidate is not None

        def tell(step: str) -> None:
            threads.look()
            self._tell(step, one.chain)

        judged = await threads.run(
            lambda: making.judge(candidate, tell, threads.sandbox), alone=timed(making)
        )
        one.judged, verdict = judged, judged.verdict
        # Metadata holds it: no path of this machine, nothing that is hidden from a generator.
        one.ends(verdict.name, "" if verdict.accepted else report_for(verdict, candidate.code))
        self._tell(verdict.name, one.chain, verdict=verdict.name)

    async def _holds(self, one: _Try) -> bool:
        """Put an accepted candidate to the job's own trial; its report goes into the next prompt."""
        making, threads, judged = self.making, self.run.threads, one.judged
        assert judged is not None

        def tell(step: str) -> None:
            threads.look()
            self._tell(step, one.chain)

        tried = await threads.run(lambda: making.tried(judged, tell, threads.sandbox), alone=True)
        if not tried.passed:
            one.ends(
                "no better",
                tried.why,
                "It passed every check, and is no better on what production recorded: "
                f"{repeatable(tried.why)}. Answer to what production says.",
            )
        return tried.passed

    async def _choose(self, accepted: list[_Try]) -> None:
        """Find the best of a round's accepted candidates, where there are objectives by figures."""
        making, threads = self.making, self.run.threads
        if not wanted(making):
            self.best = accepted[0].judged
            return
        scored = []
        for one in accepted:
            judged = one.judged
            assert judged is not None
            self._tell("objectives", one.chain)
            both = await threads.run(
                lambda judged=judged: compare(making, judged, threads.sandbox),  # type: ignore[misc]
                alone=timed(making),
            )
            one.attempt = one.attempt._replace(scores=figures_of(both.candidate))
            scored.append(both)
        choice = decide(making, scored, [one.attempt.number for one in accepted])
        for one, (good, why) in zip(accepted, choice.said, strict=True):
            if not good:
                one.ends(
                    "no better",
                    why,
                    "It passed every check, and is no better than "
                    f"{reference_of(making)}: {repeatable(why)}. Make it better at the objectives.",
                )
        if choice.best is not None:
            self.best = accepted[choice.best].judged
            self.objectives, self.figures = choice.kept, choice.figures
            self.notes = choice.notes

    def _go_on(self, one: _Try) -> None:
        """Give the chain its next conversation, or end it."""
        chain, outcome = one.chain, one.attempt.outcome
        if outcome == "no answer":
            return
        if outcome in _POINTLESS:
            assert one.judged is not None
            self.over = one.attempt.why
            return
        report = one.report
        if outcome == "duplicate":
            earlier = one.twin.report if one.twin else ""
            report = (
                f"This is {one.attempt.why}: names of its own, comments and form aside.\n"
                f"{earlier}\n\nSolve it in another way."
            )
        code = one.candidate.source if one.candidate else ""
        chain.messages = repair(self.prompt, code, report)
        chain.rung = "repaired"

    def _tell(self, text: str, chain: _Chain, verdict: str = "") -> None:
        self.run.tell(
            self.making,
            text,
            candidate=chain.number,
            attempt=self.rounds,
            rung=chain.rung,
            cost_usd=self.ledger.used.usd,
            verdict=verdict,
        )


async def _all(things: Any) -> list[Any]:
    """Return what all give, in their order; the first error cancels the rest."""
    tasks = [asyncio.ensure_future(thing) for thing in things]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _one_line(error: GenerationError) -> str:
    return error.what + (f" (next: {error.hint})" if error.hint else "")
