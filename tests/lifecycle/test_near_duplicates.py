"""Near-duplicates: the same code in another form is one candidate, other code never is."""

from __future__ import annotations

import pytest

from poet.lifecycle._similar import shape

CODE = '''"""What it does."""

import math as m


def _part(x):
    """One part."""
    return m.sqrt(x)


def f(a: int, b=2):
    total = 0  # so far
    for i in range(a):
        total += _part(i)
    return total * b
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total", "result"),
        ("for i in range(a):\n        total += _part(i)", "for n in range(a):\n        total += (_part(n))"),
        ("_part", "_helper"),
        ("import math as m", "import math as _math"),
        ("a: int", "a"),
        ("# so far", "# the sum"),
        ('"""One part."""', '"""Another word for it."""'),
        ("b=2):", "b = 2) -> float:"),
        ("total = 0", "total: int = 0"),
        ('"""What it does."""\n', ""),
    ],
)  # fmt: skip
def test_another_form_is_the_same(old, new):
    """A reply in other words would cost another verification."""
    changed = CODE.replace(old, new)
    if old == "import math as m":
        changed = changed.replace("m.sqrt", "_math.sqrt")
    assert changed != CODE
    assert shape(changed, "f") == shape(CODE, "f")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total = 0", "total = 1"),
        ("sqrt", "cbrt"),
        ("range(a)", "range(b)"),
        ("total * b", "total"),
        ("b=2", "b=3"),
        ("def f(a", "def f(c"),
        ("def f", "async def f"),
        ("_part(i)\n    return", "_part(i)\n        return"),
        ("math", "cmath"),
        ("+=", "-="),
    ],
)
def test_other_code_is_another_candidate(old, new):
    """A right answer would be thrown away because a wrong one looked like it."""
    changed = CODE.replace(old, new)
    assert changed != CODE
    assert shape(changed, "f") != shape(CODE, "f")


def test_swapped_names_are_told_apart():
    """``a - b`` and ``b - a`` differ by names alone."""
    one = "def f(a, b):\n    x = a\n    y = b\n    return x - y\n"
    assert shape(one, "f") != shape(one.replace("x - y", "y - x"), "f")


@pytest.mark.parametrize("code", ["def f(:", "(" * 5000, "def f():\n    return '\ud800'\n", "\x00"])
def test_what_cannot_be_parsed_is_compared_as_text(code):
    """A broken reply would break the run."""
    assert shape(code, "f") == shape(code, "f")
