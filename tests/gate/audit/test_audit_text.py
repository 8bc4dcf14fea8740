"""The audit of text: encodings, invisible characters, sizes, and what would end the parser."""

# ruff: noqa: E501

import subprocess
import sys
import warnings

import pytest
from audit_helpers import BODY, judged, rules

from poet.gate import audit

REFUSED = {
    "homoglyph": ("\u0435xec = 1\nx = \u0435xec", "name"),
    "look-alike that Python reads as ASCII": ("x = \uff45val('1')", "name"),
    "look-alike attribute": ("x = f.\uff47i_frame", "name"),
    "non-ASCII parameter": ("def g(\u00e9):\n    pass", "name"),
    "right to left": ("x = 1  # \u202e", "text"),
    "zero width": ("x = 'a\u200bb'", "text"),
    "byte order mark": ("\ufeffx = 1", "text"),
    "form feed": ("x = 1\f", "text"),
    "lone carriage return": ("x = 1\ry = 2", "text"),
    "carriage return in a line": ("x = 1 # \ry = 2", "text"),
    "null": ("x = 'a\0b'", "text"),
    "lone surrogate": ("x = '\ud800'", "text"),
    "line separator": ("x = 'a\u2028b'", "text"),
    "other encoding": ("# coding: utf-7\nx = 1", "text"),
    "other encoding in line two": ("#!/usr/bin/python\n# -*- coding: latin-1 -*-", "text"),
    "other encoding after a form feed": ("\f# coding: rot13", "text"),
    "too large": ("x = '" + "a" * 70_000 + "'", "size"),
    "too large in bytes": ("x = '" + "\u00e9" * 40_000 + "'", "size"),
    "too many nodes": ("x = [" + "1," * 21_000 + "]", "size"),
    "deep": ("x = " + "-" * 160 + "1", "size"),
    "deep elif": ("if 1:\n    pass\n" + "elif 1:\n    pass\n" * 200, "size"),
    "not Python": ("def", "syntax"),
    "compiles to nothing": ("return 1", "syntax"),
    "nonlocal of nothing": ("def g():\n    nonlocal z", "syntax"),
    "brackets": ("x = " + "(" * 500 + ")" * 500, "size"),
    "chain": ("x = " + "+".join("1" * 300), "size"),
    "huge integer": ("x = " + "9" * 5_000, "syntax"),
}
BOMBS = {
    "minus": "x = " + "-" * 60_000 + "1",
    "not": "x = " + "not " * 15_000 + "1",
    "attributes": "x = a" + ".b" * 30_000,
    "calls": "x = a" + "()" * 30_000,
    "items": "x = a" + "[0]" * 20_000,
    "sum": "x = 1" + "+1" * 30_000,
    "power": "x = 1" + "**1" * 20_000,
    "lambda": "x = " + "lambda:" * 8_000 + "1",
    "conditional": "x = 1" + " if 1 else 1" * 5_000,
    "elif": "if 1:\n pass\n" + "elif 1:\n pass\n" * 4_000,
    "dicts": "x = " + "{1:" * 20_000,
    "f-strings": "x = " + "f'{" * 3_000,
    "pattern": "match 1:\n case " + "[" * 190 + "]" * 190 + ":\n  pass",
    "blocks": "".join(" " * i + "if 1:\n" for i in range(99)) + " " * 99 + "pass",
    "await": "async def g():\n return " + "(await " * 150 + "1" + ")" * 150,
}
ACCEPTED = {
    "text in comments": "x = 1  # eval, exec, os.system, \u00fcn\u00efc\u00f6d\u00e9",
    "text in strings": "x = 'Gr\u00f6\u00dfe \u2014 \u6e29\u5ea6 \U0001f600'",
    "UTF-8 named": "# -*- coding: utf-8 -*-\nx = 1",
    "Windows line ends": "x = 1\r\ny = 2\r\n",
    "tabs": "def g():\n\treturn 1",
    "wide table": "x = [" + "1," * 9_000 + "]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_text_is_refused(name):
    """A reviewer would read other code than the one that runs, or the gate would end on it."""
    text, rule = REFUSED[name]
    found = judged(text)
    assert rule in {f.rule for f in found}
    assert all(f.line >= 1 and f.column >= 1 and f.message for f in found)


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_accepted(name):
    """Honest code would be refused for its letters or its editor."""
    assert judged(ACCEPTED[name]) == []


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_ends_the_gate(name):
    """One candidate would take the whole process down, or pass as a traceback."""
    program = (
        "import sys\nfrom poet.gate import audit\n"
        "found = audit(sys.stdin.read(), 'f', {})\n"
        "assert found and found[0].rule in ('syntax', 'size', 'contract'), found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=BOMBS[name], text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_deep_code_does_not_end_a_small_stack():
    """A gate in a thread would crash where the main thread does not."""
    program = (
        "import sys, threading\nfrom poet.gate import audit\nthreading.stack_size(512 * 1024)\n"
        "out = []\ntext = sys.stdin.read()\n"
        "t = threading.Thread(target=lambda: out.append(audit(text, 'f', {})))\n"
        "t.start(); t.join()\nassert out and out[0], out\n"
    )
    for bomb in BOMBS:
        done = subprocess.run(
            [sys.executable, "-c", program], input=BOMBS[bomb], text=True, capture_output=True
        )
        assert done.returncode == 0, (bomb, done.stderr)


def test_no_warning_of_the_candidate_reaches_the_user():
    """The gate would print, or with -W error end on, the candidate's own mistakes."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rules("x = '\\d'\ny = x is 'a'\nassert (x, 'y')") == set()


def test_the_function_has_to_be_there():
    """A version would be stored that has no function to call."""
    texts = ("", "x = 1\n", "f = lambda: 1\n", "class f:\n    pass\n", "def g():\n    def f():\n        pass\n")  # fmt: skip
    for text in texts:
        assert [f.rule for f in audit(text, "f", {})] == ["contract"]


def test_findings_name_the_place():
    """A reviewer would have to search for what was refused."""
    found = audit("import math\n\nx = 1; import subprocess" + BODY, "f", {})
    assert [(f.line, f.column, f.rule) for f in found] == [(3, 8, "import")]
    assert "line 3, column 8: module subprocess is not granted [import]" in str(found[0])
