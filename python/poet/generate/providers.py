"""Candidates, and the three places they come from: a recipe, a model's answer, a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from poet.domain import Domain
from poet.spec import FunctionSpec

__all__ = [
    "MAX_BYTES",
    "Candidate",
    "RecipeProvider",
    "submitted",
    "with_header",
    "without_header",
    "written",
]

MAX_BYTES = 64 * 1024
_HEADER = re.compile(r"\A(?:# [^\n]*\n){3}# fingerprint: [^\n]*\n")
# A comment that looks like the header, at the top of code that POET did not write.
_POSED = re.compile(
    r"#[ \t]*(?:generator|domain|fingerprint)[ \t]*:"
    r"|#.*generated: change the function, not this file",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)


class Candidate(NamedTuple):
    """Generated source that has not passed the gate.

    Attributes:
        generator: Such as ``recipe/base/guarded_call``.
        llm: The model that wrote it, ``none`` for a recipe.
        source: The text as the provider gave it.
        code: The text that is judged and stored: ``source`` under its header.
        params: The options it was made with.
        notes: One line each for a reviewer.
        trusted: Whether it comes from an installed package and so runs in-process at once.
    """

    generator: str
    llm: str
    source: str
    code: str
    params: Mapping[str, Any]
    notes: Sequence[str]
    trusted: bool


class RecipeProvider:
    """The domain's own recipe: no model, no network, the same output for the same spec.

    Only what it makes is trusted: it comes from an installed package.
    """

    name = "recipe"

    def generate(self, spec: FunctionSpec, domain: Domain) -> Candidate:
        """Return the candidate of the domain's recipe.

        Raises:
            RecipeRefusedError: The recipe does not handle this function.
        """
        recipe = domain.recipe(spec)
        generator = f"recipe/{domain.name}/{recipe.id}"
        return Candidate(
            generator=generator,
            llm="none",
            source=recipe.source,
            code=with_header(recipe.source, spec, domain.name, generator),
            params=dict(recipe.params),
            notes=tuple(recipe.notes),
            trusted=True,
        )


def submitted(source: bytes, spec: FunctionSpec, domain: str) -> Candidate | str:
    """Return the candidate of code that was handed in, or why it is not text that can be judged.

    The text that is judged is the text that is stored: the code under its header.
    """
    text = _text(source)
    if text[1]:
        return text[1]
    return _untrusted(text[0], spec, domain, "file", "none", "file", {})


def written(
    code: str,
    spec: FunctionSpec,
    domain: str,
    provider: str,
    model: str,
    params: Mapping[str, Any] | None = None,
) -> Candidate | str:
    """Return the candidate of a module that a model wrote, or why it cannot be judged.

    Args:
        code: The module as it stood in the answer.
        spec: The function it is for.
        domain: Its domain's name.
        provider: Of the model, such as ``litellm``.
        model: As it was asked for.
        params: What it was asked with.
    """
    text, problem = _text(code.encode("utf-8", "surrogatepass"))
    if problem:
        return problem
    head = f"{provider}, {' '.join(model.split())}"
    return _untrusted(text, spec, domain, provider, model, head, params or {})


def _text(source: bytes) -> tuple[str, str]:
    """Return the text of code, or why it is none that can be judged."""
    if len(source) > MAX_BYTES:
        return "", f"more than {MAX_BYTES:,} bytes: hand in less code"
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", f"byte {error.start} is not UTF-8: save the file as UTF-8"
    # Under the header it would be an ordinary comment, and say what is not so.
    for line in text.split("\n", 2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie and cookie[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            return (
                "",
                f"declares the encoding {cookie[1]}: save the file as UTF-8 and drop that line",
            )
    return _without_posed_header(text), ""


def _without_posed_header(text: str) -> str:
    """Empty comments above the code that pose as POET's header; the lines keep their numbers."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = line.strip("\ufeff \t\f\r")
        if bare and not bare.startswith("#"):
            break
        if _POSED.match(bare):
            lines[number] = "#\r" if line.endswith("\r") else "#"
    return "\n".join(lines)


def _untrusted(
    text: str,
    spec: FunctionSpec,
    domain: str,
    generator: str,
    llm: str,
    head: str,
    params: Mapping[str, Any],
) -> Candidate:
    return Candidate(
        generator=generator,
        llm=llm,
        source=text,
        code=with_header(text, spec, domain, head),
        params=dict(params),
        notes=(),
        trusted=False,
    )


def with_header(source: str, spec: FunctionSpec, domain: str, generator: str) -> str:
    """Return ``source`` under the comment that tells a reviewer what it is."""
    header = (
        f"# {spec.qualname} of {spec.module}.py, generated: change the function, not this file.\n"
        f"# generator:   {generator}\n"
        f"# domain:      {domain}, verified in mode {spec.mode}\n"
        f"# fingerprint: {spec.fingerprint}\n"
    )
    return header + source.rstrip() + "\n"


def without_header(code: str) -> str:
    """Return the code of a version without the comment that stands above it."""
    return _HEADER.sub("", code, count=1)
