"""From a candidate's text to its syntax tree, or to the reason why it has none."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata

from poet.codec.silence import silenced
from poet.gate.audit.finding import Finding, at

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "children", "parse"]

MAX_BYTES = 64 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 150  # of nested nodes; what is deeper can end the interpreter that compiles it
MAX_BRACKETS = 60
MAX_CHAIN = 250
_CHAINING = frozenset(
    {"not", "lambda", "if", "else", "await", "and", "or", "in", "is", "for", "yield"}
)
_IN_FORMAT = re.compile(r"[^\w\s]")
_PLAIN = re.compile(r"[\n\x20-\x7e]*")
_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "type_ignores"})
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)


def parse(code: str) -> ast.Module | Finding:
    """Return the tree of ``code``, which Python compiles as well, or why it cannot be judged."""
    problem = _text_problem(code) or _token_problem(code)
    if problem:
        return problem
    try:
        with silenced():
            tree = ast.parse(code)
            problem = _size_problem(tree)
            if problem is None:
                # The same text, as the worker compiles it; no line of it is run.
                compile(code, "<candidate>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return Finding(error.lineno or 1, error.offset or 1, "syntax", f"not Python: {error.msg}")
    except (RecursionError, MemoryError):
        return Finding(
            1, 1, "syntax", "nested too deeply to be compiled: write shorter expressions"
        )
    except (ValueError, OverflowError, SystemError) as error:
        return Finding(1, 1, "syntax", f"not Python: {error}")
    return problem or tree


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes inside a node; marks such as ``Load``, which say nothing more, are left out."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name in _MARKS:
            continue
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _text_problem(code: str) -> Finding | None:
    if len(code) > MAX_BYTES or len(code.encode(errors="surrogatepass")) > MAX_BYTES:
        return Finding(1, 1, "size", f"more than {MAX_BYTES:,} bytes: write a shorter module")
    for number, line in enumerate(code.split("\n", 2)[:2], start=1):
        cookie = _COOKIE.match(line)
        if cookie and cookie[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            return Finding(
                number, 1, "text", f"declares the encoding {cookie[1]}: source is UTF-8, drop it"
            )
    if _PLAIN.fullmatch(code):
        return None
    if lone := re.search(r"\r(?!\n)", code):
        number = code.count("\n", 0, lone.start()) + 1
        return Finding(number, 1, "text", "a carriage return without a line feed: drop it")
    for number, line in enumerate(code.split("\n"), start=1):
        for column, char in enumerate(line.removesuffix("\r"), start=1):
            if char != "\t" and unicodedata.category(char) in _INVISIBLE:
                shown = f"U+{ord(char):04X}"
                return Finding(
                    number, column, "text", f"invisible character {shown}: write it as an escape"
                )
    return None


def _size_problem(tree: ast.Module) -> Finding | None:
    nodes: list[ast.AST] = [tree]
    count = depth = 0
    while nodes:
        count += len(nodes)
        depth += 1
        if count > MAX_NODES:
            return Finding(1, 1, "size", f"more than {MAX_NODES:,} syntax nodes: write less code")
        if depth > MAX_DEPTH:
            return at(
                nodes[0],
                "size",
                f"nested deeper than {MAX_DEPTH}: use a loop or intermediate names",
            )
        nodes = [child for node in nodes for child in children(node)]
    return None


def _token_problem(code: str) -> Finding | None:
    """Return what is wrong with the tokens, before Python's own parser sees any.

    That parser recurses in C: deep nesting ends the process where the stack is small, as in a
    thread. So brackets and what follows one another without a comma or a new line is counted here.
    Python also takes look-alikes for ASCII names; only ASCII ones are accepted.
    """
    counts = [0]
    elifs = 0
    try:
        for kind, text, (line, column), _, _ in tokenize.generate_tokens(
            io.StringIO(code).readline
        ):
            if kind == tokenize.OP:
                if text in "([{":
                    counts[-1] += 1
                    counts.append(0)
                elif text in ")]}":
                    counts = counts[:-1] or [0]
                elif text == ",":
                    counts[-1] = 0
                else:
                    counts[-1] += 1
            elif kind == tokenize.NAME:
                if not text.isascii():
                    message = f"identifier {text!r} is not ASCII: use plain letters"
                    return Finding(line, column + 1, "name", message)
                counts[-1] += text in _CHAINING
                elifs += text == "elif"
            elif kind == tokenize.NEWLINE:
                counts = [0]
            elif kind == tokenize.STRING and "f" in text[:2].lower():
                counts[-1] += len(_IN_FORMAT.findall(text))
            elif kind == tokenize.ERRORTOKEN and not text.isascii():
                return Finding(
                    line, column + 1, "name", f"{text!r} is not ASCII: use plain letters"
                )
            if len(counts) > MAX_BRACKETS or counts[-1] > MAX_CHAIN or elifs > MAX_CHAIN:
                message = "nested or chained too long: use a loop or intermediate names"
                return Finding(line, column + 1, "size", message)
    except (tokenize.TokenError, SyntaxError):
        return None  # the parser says it better
    return None
