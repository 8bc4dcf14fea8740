"""What a function reaches: a change of it makes the version stale, any other change does not."""

from __future__ import annotations

import pytest
from spec_helpers import print_of, spec_of, write

SCORE = "def score(x):\n    return {}\n"

# name: files, then (file, old text, new text) that must change the fingerprint, then those that
# must not
CASES = {
    "helper": (
        {"m.py": "def scale(x):\n    return x * 2\n\n" + SCORE.format("scale(x)")},
        [("m.py", "x * 2", "x * 3")],
        [],
    ),
    "constant": (
        {"m.py": "LIMIT = 3\nOTHER = 4\n\n" + SCORE.format("x < LIMIT")},
        [("m.py", "LIMIT = 3", "LIMIT = 5")],
        [("m.py", "OTHER = 4", "OTHER = 5"), ("m.py", "LIMIT = 3", "LIMIT = 3  # why")],
    ),
    "helper of a helper": (
        {
            "m.py": "BY = 2\n\ndef two(x):\n    return x * BY\n\ndef one(x):\n    return two(x)\n\n"
            + SCORE.format("one(x)")
        },
        [("m.py", "BY = 2", "BY = 3"), ("m.py", "x * BY", "x + BY")],
        [],
    ),
    "default and annotation": (
        {
            "m.py": "BY = 2\nclass Row:\n    a = 1\n\n"
            'def score(x: "Row", by=BY):\n    return x\n'
        },
        [("m.py", "BY = 2", "BY = 3"), ("m.py", "a = 1", "a = 2")],
        [],
    ),
    "decorator": (
        {
            "m.py": "def twice(f):\n    return lambda x: 2 * f(x)\n\n@twice\n" + SCORE.format("x")
        },
        [("m.py", "2 * f", "3 * f")],
        [],
    ),
    "import of a module": (
        {
            "m.py": "import h\n\n" + SCORE.format("h.scale(x)"),
            "h.py": "def scale(x):\n    return x * 2\n\ndef other():\n    return 1\n",
        },
        [("h.py", "x * 2", "x * 3")],
        [("h.py", "return 1", "return 2")],
    ),
    "import of a module under another name": (
        {
            "m.py": "import h as helpers\n\n" + SCORE.format("helpers.scale(x)"),
            "h.py": "def scale(x):\n    return x * 2\n",
        },
        [("h.py", "x * 2", "x * 3")],
        [],
    ),
    "dotted import": (
        {
            "m.py": "import lib.h\n\n" + SCORE.format("lib.h.scale(x)"),
            "lib/__init__.py": "",
            "lib/h.py": "def scale(x):\n    return x * 2\n\nUNUSED = 1\n",
        },
        [("lib/h.py", "x * 2", "x * 3")],
        [("lib/h.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "folder without an init file": (
        {
            "m.py": "import lib.h\n\n" + SCORE.format("lib.h.scale(x)"),
            "lib/h.py": "def scale(x):\n    return x * 2\n",
        },
        [("lib/h.py", "x * 2", "x * 3")],
        [],
    ),
    "name from a module": (
        {
            "m.py": "from h import scale as resize\n\n" + SCORE.format("resize(x)"),
            "h.py": "BY = 2\n\ndef scale(x):\n    return x * BY\n",
        },
        [("h.py", "BY = 2", "BY = 3")],
        [],
    ),
    "module from its own package": (
        {
            "p/__init__.py": "",
            "p/m.py": "from . import h\n\n" + SCORE.format("h.scale(x)"),
            "p/h.py": "def scale(x):\n    return x * 2\n\nUNUSED = 1\n",
        },
        [("p/h.py", "x * 2", "x * 3")],
        [("p/h.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "name from a module above": (
        {
            "p/__init__.py": "",
            "p/q/__init__.py": "",
            "p/q/m.py": "from ..h import scale\n\n" + SCORE.format("scale(x)"),
            "p/h.py": "def scale(x):\n    return x * 2\n",
        },
        [("p/h.py", "x * 2", "x * 3")],
        [],
    ),
    "name that a package hands on": (
        {
            "p/__init__.py": "from .scale import scale\n",
            "p/scale.py": "def scale(x):\n    return x * 2\n\nUNUSED = 1\n",
            "p/m.py": "from p import scale\n\n" + SCORE.format("scale(x)"),
        },
        [("p/scale.py", "x * 2", "x * 3")],
        [("p/scale.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "module that a module hands on": (
        {
            "m.py": "import a\n\n" + SCORE.format("a.b.scale(x)"),
            "a.py": "import b\n",
            "b.py": "def scale(x):\n    return x * 2\n",
        },
        [("b.py", "x * 2", "x * 3")],
        [],
    ),
    "star import": (
        {
            "m.py": "from h import *\n\n" + SCORE.format("scale(x)"),
            "h.py": "def scale(x):\n    return x * 2\n\nUNUSED = 1\n",
        },
        [("h.py", "x * 2", "x * 3")],
        [("h.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "import inside the function": (
        {
            "m.py": "def score(x):\n    from h import scale as s\n    import g\n    return g.f(s(x))\n",
            "h.py": "def scale(x):\n    return x * 2\n",
            "g.py": "def f(x):\n    return x\n\nUNUSED = 1\n",
        },
        [("h.py", "x * 2", "x * 3"), ("g.py", "return x", "return -x")],
        [("g.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "module as a value": (
        {
            "m.py": "import h\n\n" + SCORE.format("getattr(h, 'scale')(x)"),
            "h.py": "def scale(x):\n    return x * 2\n",
        },
        [("h.py", "x * 2", "x * 3")],
        [],
    ),
    "both definitions under a condition": (
        {
            "m.py": "FAST = True\nif FAST:\n    def scale(x):\n        return x * 2\n"
            "else:\n    def scale(x):\n        return x + x\n\n" + SCORE.format("scale(x)")
        },
        [
            ("m.py", "x * 2", "x * 3"),
            ("m.py", "x + x", "x"),
            ("m.py", "FAST = True", "FAST = False"),
            ("m.py", "if FAST", "if not FAST"),
        ],
        [],
    ),
    "import that may fail": (
        {
            "m.py": "try:\n    from h import scale\nexcept ImportError:\n    def scale(x):\n"
            "        return x\n\n" + SCORE.format("scale(x)"),
            "h.py": "def scale(x):\n    return x * 2\n",
        },
        [("h.py", "x * 2", "x * 3"), ("m.py", "        return x\n", "        return -x\n")],
        [],
    ),
    "table filled in a loop": (
        {
            "m.py": "NAMES = 'ab'\nTABLE = {}\nfor name in NAMES:\n    TABLE[name] = 1\n\n"
            + SCORE.format("TABLE[x]")
        },
        [("m.py", "'ab'", "'abc'"), ("m.py", "= 1", "= 2"), ("m.py", "TABLE = {}", "TABLE = {1: 1}")],
        [],
    ),
    "recursion": (
        {"m.py": "def score(x):\n    return score(x - 1) if x else 0\n\nUNUSED = 1\n"},
        [("m.py", "x - 1", "x - 2")],
        [("m.py", "UNUSED = 1", "UNUSED = 2")],
    ),
    "helpers in a circle": (
        {
            "m.py": "def a(x):\n    return b(x - 1) if x else 0\n\ndef b(x):\n    return a(x) + 1\n\n"
            + SCORE.format("a(x)")
        },
        [("m.py", "x - 1", "x - 2"), ("m.py", "a(x) + 1", "a(x) + 2")],
        [],
    ),
    "modules in a circle": (
        {
            "m.py": "import n\n\nONE = 1\n\n" + SCORE.format("n.f(x)"),
            "n.py": "import m\nfrom m import gone\n\ndef f(x):\n    return gone or m.ONE + x\n",
            "o.py": "",
        },
        [("m.py", "ONE = 1", "ONE = 2"), ("n.py", "m.ONE + x", "m.ONE - x")],
        [],
    ),
    "names in a circle": (
        {
            "m.py": "from n import f\n\n" + SCORE.format("f(x)"),
            "n.py": "from m import f\n",
        },
        [("m.py", "return f(x)", "return f(-x)")],
        [],
    ),
    "helper named like a built-in": (
        {"m.py": "def round(x):\n    return x * 2\n\n" + SCORE.format("round(x)")},
        [("m.py", "x * 2", "x * 3")],
        [],
    ),
    "class": (
        {
            "m.py": "class Base:\n    by = 2\n\nclass Scale(Base):\n    def run(self, x):\n"
            "        return x * self.by\n\n" + SCORE.format("Scale().run(x)")
        },
        [("m.py", "by = 2", "by = 3"), ("m.py", "x * self", "x + self")],
        [],
    ),
    "async helper": (
        {
            "m.py": "async def fetch(x):\n    return x * 2\n\n"
            "async def score(x):\n    return await fetch(x)\n"
        },
        [("m.py", "x * 2", "x * 3"), ("m.py", "return await fetch(x)", "return await fetch(-x)")],
        [],
    ),
    "comprehension and lambda": (
        {
            "m.py": "BY = 2\nUP = 1\n\n"
            + SCORE.format("[v * BY for v in x] + sorted(x, key=lambda v: v + UP)")
        },
        [("m.py", "BY = 2", "BY = 3"), ("m.py", "UP = 1", "UP = 2")],
        [],
    ),
    "own name hides the global one": (
        {"m.py": "limit = 3\n\ndef score(x):\n    limit = x\n    return limit\n"},
        [],
        [("m.py", "limit = 3", "limit = 4")],
    ),
    "third party": (
        {"m.py": "import numpy as np\n\n" + SCORE.format("np.mean(x)")},
        [("m.py", "import numpy as np", "import polars as np")],
        [("m.py", "import numpy as np", "import os\nimport numpy as np")],
    ),
    "page breaks": (
        {"m.py": "BEFORE = 1\n\x0c\ndef scale(x):\n    return x * 2\n\x0c\n" + SCORE.format("scale(x)")},
        [("m.py", "x * 2", "x * 3")],
        [("m.py", "BEFORE = 1", "BEFORE = 2")],
    ),
}  # fmt: skip
MUST = [(n, i) for n, (_, changes, _) in CASES.items() for i in range(len(changes))]
MUST_NOT = [(n, i) for n, (_, _, changes) in CASES.items() for i in range(len(changes))]


def before_and_after(tmp_path, files, change):
    name, old, new = change
    path = next(tmp_path / f for f in files if f.endswith("m.py"))
    write(tmp_path, {"pyproject.toml": "", **files})
    before = print_of(path)
    assert files[name].count(old) == 1, "the case edits one place"
    write(tmp_path, {name: files[name].replace(old, new)})
    return before, print_of(path)


@pytest.mark.parametrize(("case", "change"), MUST)
def test_what_is_reached_changes_the_fingerprint(tmp_path, case, change):
    """A version would be served that was verified with another helper or constant."""
    files, changes, _ = CASES[case]
    before, after = before_and_after(tmp_path, files, changes[change])
    assert before != after


@pytest.mark.parametrize(("case", "change"), MUST_NOT)
def test_what_is_not_reached_does_not(tmp_path, case, change):
    """Every edit of a module would make all its versions stale."""
    files, _, changes = CASES[case]
    before, after = before_and_after(tmp_path, files, changes[change])
    assert before == after


METHOD = '''
import numpy as np


class Base:
    factor = 2

    def inherited(self, x):
        return x


class Monitor(Base):
    limit = 3

    def score(self, x):
        """Doc.

    Text to the left of the margin.
        """
# a comment at the left edge
        query = """
SELECT 1
"""
        return self._scale(x) < self.limit or self.inherited(x) or query

    def _scale(self, x):
        return x * self.factor

    def other(self, x):
        return -x
'''


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("limit = 3", "limit = 4", True),
        ("x * self", "x + self", True),
        ("factor = 2", "factor = 3", True),
        ("        return x\n", "        return +x\n", True),
        ("SELECT 1", "SELECT 2", True),
        ("SELECT 1", " SELECT 1", True),
        ("return -x", "return x", False),
        ("# a comment", "# the comment", False),
    ],
)
def test_method_reaches_members_of_its_class(tmp_path, old, new, changes):
    """A method's version would outlive a change of the method or the attribute it builds on."""
    path = write(tmp_path, {"m.py": METHOD}) / "m.py"
    before = print_of(path, "Monitor.score")
    assert METHOD.count(old) == 1
    write(tmp_path, {"m.py": METHOD.replace(old, new)})
    assert (print_of(path, "Monitor.score") != before) is changes


def test_text_of_a_method_keeps_its_texts(tmp_path):
    """A generator would be shown, and a stand-in run, another text than the method's own."""
    spec = spec_of(write(tmp_path, {"m.py": METHOD}) / "m.py", "Monitor.score")
    assert spec.owner == "method"
    assert '    query = """\nSELECT 1\n"""\n' in spec.source
    assert spec.source.startswith("def score(self, x):\n")
    compile(spec.source, "m.py", "exec")


def test_user_names_are_those_of_the_module(tmp_path):
    """A candidate could use what the function never did, or not what it needs."""
    source = """
        import math
        from lib import thing as t

        LIMIT = 3

        def round(x):
            return x

        def score(x, y=LIMIT):
            z = [math.sqrt(v) for v in x if v]
            return round(sum(z)) + t.attr.deep(y) + len(z)
    """
    spec = spec_of(write(tmp_path, {"m.py": source}) / "m.py")
    assert set(spec.user_names) == {
        *("LIMIT", "math", "math.sqrt", "round", "t", "t.attr", "t.attr.deep")
    }


def test_closure_names_what_it_holds(tmp_path):
    """A reviewer, or the sandbox that is handed these texts, could not tell where each belongs."""
    files = {
        "m.py": "import h\nfrom os import path\nBY = 2\n\n" + SCORE.format("h.scale(x) * BY, path"),
        "h.py": "def scale(x):\n    return x\n",
    }
    assert spec_of(write(tmp_path, files) / "m.py").closure == {
        "m:BY": "BY = 2\n",
        "h:scale": "def scale(x):\n    return x\n",
        "m:path": "from os import path as path\n",
    }
