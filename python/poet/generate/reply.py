"""Reading a model's answer: one fenced Python module, and nothing else of it counts.

Fences are those of CommonMark: three or more backticks or tildes, indented by three spaces at most,
closed by at least as many of the same kind alone on a line. A block marked as Python, or not marked
at all, is a module. A block of another language is prose, like all the text around; whatever prose
asks for, nobody reads it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from poet.generate.request import Completion

__all__ = ["MAX_CODE_BYTES", "Reply", "read_reply"]

MAX_CODE_BYTES = 64 * 1024
_OPENING = re.compile(r"(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>.*)", re.DOTALL)
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_PYTHON = frozenset({"", "python", "py", "python3", "py3"})


class Reply(NamedTuple):
    """What an answer holds. Exactly one of the two fields is empty.

    Attributes:
        code: The module as it was written, its lines ended by line feeds.
        problem: Why there is none, in a few words.
    """

    code: str
    problem: str


class _Block(NamedTuple):
    python: bool
    lines: list[str]
    closed: bool


def read_reply(completion: Completion) -> Reply:
    """Return the one module of an answer, or why it has none.

    An answer that did not come to its end is none, even where a whole module stands in it.
    """
    if completion.finish == "length":
        return Reply("", f"cut off at the limit of {completion.output_tokens} tokens")
    if completion.finish != "stop":
        return Reply("", f"not a whole answer: the provider ended it with {completion.finish!r}")
    blocks = _blocks(completion.text)
    if any(not b.closed for b in blocks):
        return Reply("", "a fenced block that is not closed")
    modules = [b for b in blocks if b.python]
    if not modules:
        other = " (blocks of other languages do not count)" if blocks else ""
        return Reply("", f"no fenced Python block{other}")
    if len(modules) > 1:
        return Reply("", f"{len(modules)} fenced Python blocks: exactly one counts")
    code = "\n".join(modules[0].lines).removeprefix("\ufeff")
    if not code.strip():
        return Reply("", "an empty fenced block")
    code = code.rstrip("\n") + "\n"
    size = len(code.encode("utf-8", "surrogatepass"))
    if size > MAX_CODE_BYTES:
        return Reply("", f"a module of {size:,} bytes: at most {MAX_CODE_BYTES:,} are read")
    return Reply(code, "")


def _blocks(text: str) -> list[_Block]:
    """Return the fenced blocks of a text; only the last may be unclosed."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: list[_Block] = []
    fence, indent = "", 0
    for line in text.split("\n"):
        if not fence:
            opening = _OPENING.fullmatch(line)
            info = opening["info"] if opening else ""
            if opening is None or (opening["fence"][0] == "`" and "`" in info):
                continue
            fence, indent = opening["fence"], len(opening["indent"])
            found.append(_Block(_language(info) in _PYTHON, [], closed=False))
            continue
        closing = _CLOSING.fullmatch(line)
        if closing and closing[1][0] == fence[0] and len(closing[1]) >= len(fence):
            found[-1] = found[-1]._replace(closed=True)
            fence = ""
        else:
            spaces = len(line) - len(line.lstrip(" "))
            found[-1].lines.append(line[min(spaces, indent) :])
    return found


def _language(info: str) -> str:
    """Return the language that an info string names: the first word, in lower case."""
    words = info.strip().strip("{}").replace(",", " ").split()
    return words[0].lstrip(".").lower() if words else ""
