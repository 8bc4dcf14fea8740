"""The audit of whole honest modules, as people write them; and how long it takes on one."""

from pathlib import Path

import pytest
from audit_helpers import LIBRARIES, judged

from poet.gate import audit
from poet.gate.audit import tables

FILES = sorted((Path(__file__).parent / "honest").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_honest_module_is_accepted(path):
    """Realistic code would be refused, and people would switch the audit off."""
    assert judged(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_one_bad_line_in_an_honest_module_is_found(path):
    """A candidate would hide one line among a hundred good ones."""
    text = path.read_text(encoding="utf-8")
    for bad in ("__import__('os')", "f.__globals__", "open('a')", "().__class__", "eval('1')"):
        found = judged(f"{text}\ndef hidden(f):\n    return {bad}\n")
        assert {f.line for f in found} == {text.count("\n") + 3}, bad


def test_audit_is_the_same_each_time():
    """A verdict would depend on what was judged before, or on the hash seed."""
    text = FILES[0].read_text(encoding="utf-8") + "\nx = eval\ny = f._z\n"
    first = audit(text, "f", LIBRARIES)
    judged("import math\nx = math.pi")
    assert audit(text, "f", LIBRARIES) == first
    assert first == sorted(first)


def test_tables_are_read_once():
    """Every audit would read 60 kB of tables again."""
    judged("x = 1")
    assert tables.read("numpy") is tables.read("numpy")
    assert tables.attributes() is tables.attributes()
