"""The audit: what it refuses, under which rule, and what it lets through."""

# ruff: noqa: E501
from __future__ import annotations

import textwrap

import pytest

from poet.gate import audit

REFUSED = {
    "os": ("import os", "import"),
    "subprocess": ("import subprocess as s", "import"),
    "from os": ("from os import path", "import"),
    "ungranted name": ("from math import nothing_of_the_kind", "import"),
    "sys through a module": ("import logging\nx = logging.sys", "import"),
    "module handed on": ("import math\nx = [math]", "import"),
    "module by getattr": ("import math\nx = getattr(math, 'pi')", "import"),
    "star": ("from math import *", "import"),
    "relative": ("from . import helper", "import"),
    "late": ("def g():\n    import socket", "import"),
    "poet's own insides": ("from poet.store import locate", "import"),
    "eval": ("x = eval('1')", "name"),
    "exec": ("exec('x = 1')", "name"),
    "compile": ("compile('1', '', 'eval')", "name"),
    "open": ("open('f')", "name"),
    "__import__": ("__import__('os')", "name"),
    "globals": ("globals()", "name"),
    "vars": ("vars()", "name"),
    "setattr": ("setattr(f, 'a', 1)", "name"),
    "__builtins__": ("x = __builtins__", "name"),
    "builtin as a value": ("x = [eval]", "name"),
    "input": ("input()", "name"),
    "__class__": ("x = ().__class__", "attribute"),
    "__subclasses__": ("x = object.__subclasses__()", "attribute"),
    "private": ("x = f._secret", "attribute"),
    "__globals__": ("x = f.__globals__", "attribute"),
    "frame of a generator": ("x = (i for i in ()).gi_frame", "attribute"),
    "traceback": ("def g(e):\n    return e.with_traceback(None)", "attribute"),
    "ctypes of an array": ("def g(a):\n    return a.ctypes", "attribute"),
    "array to a file": ("def g(a):\n    a.tofile('f')", "attribute"),
    "frame to a file": ("def g(a):\n    a.write_csv('f')", "attribute"),
    "frame from a file": ("def g(a):\n    a.read_csv('f')", "attribute"),
    "own dunder": ("class A:\n    def g(self):\n        return self.__dict__", "attribute"),
    "getattr computed": ("x = getattr(f, 'a' + 'b')", "attribute"),
    "getattr private": ("x = getattr(f, '__code__')", "attribute"),
    "format of a field": ("x = '{0.__class__}'.format(f)", "attribute"),
    "format of a variable": ("y = 'a'\nx = y.format(f)", "attribute"),
    "match on private": ("match f:\n    case object(__class__=c):\n        pass", "attribute"),
    "metaclass": ("class A(metaclass=type):\n    pass", "class"),
    "type makes a class": ("A = type('A', (), {})", "class"),
    "__del__": ("class A:\n    def __del__(self):\n        pass", "name"),
    "__getattr__ of a module": ("def __getattr__(name):\n    pass", "name"),
    "bare except": ("try:\n    pass\nexcept:\n    pass", "except"),
    "except BaseException": ("try:\n    pass\nexcept BaseException:\n    pass", "except"),
    "BaseException in a tuple": ("try:\n    pass\nexcept (ValueError, BaseException):\n    pass", "except"),
    "SystemExit": ("raise SystemExit", "name"),
    "decorator": ("def g(x):\n    return x\n@g.h\ndef k():\n    pass", "decorator"),
    "module changed": ("import math\nmath.pi = 3", "assign"),
    "imported thing changed": ("from poet.runtime import retry\nretry.x = 1", "assign"),
    "import rebound": ("from poet.runtime import retry\nretry = 1", "assign"),
    "import rebound by def": ("from poet.runtime import expect\ndef expect():\n    pass", "assign"),
    "import rebound by parameter-less with": ("import math\nwith f() as math:\n    pass", "assign"),
    "homoglyph": ("\u0435xec = 1\nx = \u0435xec", "name"),
    "right to left": ("x = 1  # \u202e", "text"),
    "zero width": ("x = 'a\u200bb'", "text"),
    "other encoding": ("# coding: utf-7\nx = 1", "text"),
    "too large": ("x = '" + "a" * 70_000 + "'", "size"),
    "too many nodes": ("x = [" + "1," * 21_000 + "]", "size"),
    "not Python": ("def", "syntax"),
    "too deep": ("x = " + "(" * 500 + ")" * 500, "syntax"),
    "null byte": ("x = 'a\0b'", "text"),
}  # fmt: skip
ACCEPTED = {
    "math": "import math\nx = math.pi",
    "from": "from collections.abc import Sequence\ny: Sequence = ()",
    "submodule": "import collections.abc\nx = collections.abc.Sized",
    "alias": "import json as j\nx = j.dumps([1])",
    "runtime": "from poet.runtime import baseline, expect as expect_, user\nx = user.helper",
    "class": "class A:\n    def __init__(self):\n        self._x = 1\n    def g(self):\n        return self._x",
    "dataclass": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int",
    "property": "class A:\n    @property\n    def x(self):\n        return 1",
    "lru_cache": "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef g(x):\n    return x",
    "comprehension": "x = {k: v for k, v in zip('a', [1])}",
    "async": "import asyncio\nasync def g():\n    async with asyncio.timeout(1):\n        await asyncio.sleep(0)",
    "except Exception": "try:\n    pass\nexcept (ValueError, Exception) as e:\n    raise RuntimeError(str(e)) from e",
    "name of a type": "x = type(1).__name__",
    "match": "match 1:\n    case int():\n        pass",
    "f-string": "x = 1\ny = f'{x:.2f} {x!r}'",
    "format literal": "x = '{:.2f}'.format(1)",
    "getattr constant": "x = getattr(f, 'name', None)",
    "text in comments": "x = 1  # eval, exec, os.system, ünïcödé",
    "granted module": "import numpy as np\nx = np.ndarray",
    "own decorator": "def g(h):\n    return h\n@g\ndef k():\n    pass",
}  # fmt: skip
GRANTS = {"numpy": frozenset({"ndarray"})}
BODY = "\ndef f(x=None):\n    return x\n"


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    """A candidate would run code that reaches out of its function."""
    text, rule = REFUSED[name]
    findings = audit(textwrap.dedent(text) + BODY, "f", GRANTS)
    assert rule in {f.rule for f in findings}
    assert all(f.line >= 1 and f.column >= 1 and f.message for f in findings)


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name):
    """An honest candidate would be refused."""
    assert audit(ACCEPTED[name] + BODY, "f", GRANTS) == []


def test_the_function_has_to_be_there():
    """A version would be stored that has no function to call."""
    for text in ("", "x = 1\n", "f = lambda: 1\n", "class f:\n    pass\n", "def g():\n    def f():\n        pass\n"):  # fmt: skip
        assert [f.rule for f in audit(text, "f", {})] == ["contract"]


def test_findings_name_the_place():
    """A reviewer would have to search for what was refused."""
    found = audit("import math\n\nx = 1; import os" + BODY, "f", {})
    assert [(f.line, f.column, f.rule) for f in found] == [(3, 8, "import")]
    assert "line 3, column 8: module os is not granted [import]" in str(found[0])


def test_a_grant_opens_no_other_name():
    """A domain that grants one name would open its whole module."""
    assert audit("import numpy as np\nx = np.load" + BODY, "f", GRANTS)
    assert audit("from numpy import load" + BODY, "f", GRANTS)
