"""Threads that parse at the same time."""

from __future__ import annotations

import ast
import gc
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from poet.gate.parsing import parse_in_turns

TEXT = "def f(a, b=1):\n    return {a: [b, (a, b)], b: a + b * 2}\n" * 20


@pytest.fixture
def collected_often():
    """Let the collector run often, with code of Python's in it, as libraries add it."""

    def look(phase, info):
        del phase, info
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(look)
    gc.set_threshold(20)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(look)


def test_threads_parse_at_once(collected_often):
    """Good candidates would be turned away by chance, with a SystemError of Python's."""
    parse_in_turns()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: len(ast.parse(TEXT).body), range(64)))
    assert found == [20] * 64


def test_what_is_parsed_is_what_python_parses():
    """Texts of another mode, or that are none, would be read otherwise than by Python."""
    parse_in_turns()
    assert ast.literal_eval("[1, -2, 'x']") == [1, -2, "x"]
    assert isinstance(ast.parse("a + 1", mode="eval"), ast.Expression)
    assert ast.parse("x = 1  # type: int", type_comments=True).body[0].type_comment == "int"
    with pytest.raises(SyntaxError) as info:
        ast.parse("x =", filename="named.py")
    assert info.value.filename == "named.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_meanwhile_can_parse(collected_often):
    """A server that forks while a thread judges would wait for ever in its child."""
    parse_in_turns()
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(lambda: [ast.parse(TEXT) for _ in range(100)]) for _ in range(2)]
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                ast.parse(TEXT)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        [r.result() for r in running]
