"""What orders the events of one process that are about nothing in particular."""

from __future__ import annotations

import os
from uuid import uuid4

__all__ = ["process_key"]

_key = [uuid4().hex]
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _key.__setitem__(0, uuid4().hex))


def process_key() -> str:
    """Return a name of this process that no other has; a forked child has its own."""
    return _key[0]
