"""Several threads that parse at once, on a Python where that fails by chance.

Before CPython 3.11.8 and 3.12.2 one counter of depth serves all threads while syntax trees are built
(gh-106905). Where the collector runs in the midst of it, and with it code of some library, another
thread may go on; if that parses too, the first ends in a SystemError ("AST constructor recursion
depth mismatch"), and a right candidate would be turned away for it.
Everything parses under a judgement: the gate, the domains, plugins. So the one call that all of it
goes through is made to wait for its turn.
"""

from __future__ import annotations

import ast
import os
import sys
import threading
from typing import Any

__all__ = ["parse_in_turns"]

_turn = threading.RLock()  # the collector may run code of this thread that parses


def parse_in_turns() -> None:
    """Let one thread at a time make syntax trees in this process; where Python itself can, do nothing."""
    if sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2):
        vars(ast)["compile"] = _compile  # it stands before the built-in one for this module alone


def _compile(*args: Any, **kwargs: Any) -> Any:
    with _turn:
        return compile(*args, **kwargs)


def _forget() -> None:
    """In a forked child: no other thread is parsing."""
    global _turn
    _turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
