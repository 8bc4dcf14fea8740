"""Whether a model is asked for a function: one that is named, a recorded one, or none."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from poet.errors import CassetteMissError, ConfigError
from poet.gate import missing_layers
from poet.generate.cassettes import Cassettes
from poet.generate.prompt import Prompt, compose
from poet.lifecycle._making import Making
from poet.lifecycle.brief import brief

__all__ = ["Way", "cassettes_of", "choose", "command_of", "may_ask"]


class Way(NamedTuple):
    """How a function's candidates come about.

    Attributes:
        prompt: What a model is asked; None where none is.
        model: The model.
        live: Whether it may be asked where nothing is recorded.
        strict: Whether a missing recording is a failure, and not only a reason to go on.
        problem: Why no candidate of a model could be judged here; empty where one can.
    """

    prompt: Prompt | None = None
    model: str = ""
    live: bool = False
    strict: bool = False
    problem: str = ""


def choose(making: Making) -> Way:
    """Return how the candidates of a function come about; may run its tests once.

    The order where nothing is said: a model that is named (its recorded answers come first), one
    whose first answer is recorded, the recipe.

    Raises:
        CassetteMissError: Only recorded answers are wanted, and there are none.
        ConfigError: A model is to be asked and none is named; or the domain's prompt is none.
        StoreError: A case cannot be read.
    """
    settings, qualname = making.settings, making.spec.qualname
    named, recorded = settings.model, cassettes_of(making)
    if not may_ask(making):
        return Way()
    if named is None and settings.llm == "live":
        raise ConfigError(
            "a model is to be asked, and none is named",
            where="llm = live",
            hint=f'name one: --model, or in [tool.poet]: model = "openai/gpt-5"; or run: '
            f"poet generate {qualname} --llm off",
        )
    facts = brief(making.spec, making.domain, making.store, making.job.tests)
    prompt = compose(making.spec, making.domain, facts)
    strict = settings.llm == "replay"
    if named is None:
        named = recorded.model_for(prompt.messages, settings.max_tokens, settings.temperature)
        if named is None and strict:
            command = command_of(making)
            flag = "--poet-model" if command.startswith("pytest") else "--model"
            raise CassetteMissError(
                f"no model's answer to the request for {qualname} is recorded",
                where=str(recorded.folder),
                hint=f"record one: {command} {flag}=MODEL",
            )
        if named is None:
            return Way()
        return Way(prompt, named, live=False, strict=strict, problem=_problem(making))
    return Way(prompt, named, live=not strict, strict=strict, problem=_problem(making))


def may_ask(making: Making) -> bool:
    """Say whether a model may have a part in a function; cheap, and never wrong where it says no."""
    settings = making.settings
    if settings.llm == "auto" and settings.model is None:
        return any(cassettes_of(making).folder.glob("*.json"))
    return settings.llm != "off"


def cassettes_of(making: Making) -> Cassettes:
    """Return the recorded answers for the functions beside this one."""
    return Cassettes(Path(making.job.path).parent / ".poet" / "cassettes")


def command_of(making: Making) -> str:
    """Return the command that asks a model for the function and records its answers."""
    job = making.job
    if job.command:
        return job.command
    if job.reason.startswith("pytest"):
        return f"pytest --poet-regenerate --poet-llm=live --poet-select={job.qualname}"
    return f"poet generate {job.qualname} --llm live"


def _problem(making: Making) -> str:
    missing = missing_layers()
    if making.settings.sandbox != "require" or not missing:
        return ""
    return f"code of a model must be confined, and here is missing: {'; '.join(missing)}"
