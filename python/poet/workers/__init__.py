"""Versions that nobody has approved yet, run in kept confined workers.

:class:`Remote` is what a call goes through; :func:`why_not` says from its source which function can
have none. Workers are shared by the versions of a process, bounded, and end with it.
"""

from poet.workers._crossing import CannotCrossError, Crossing
from poet.workers._kept import Limits
from poet.workers._pool import Pool, pool
from poet.workers._remote import Remote, WorkerState
from poet.workers._static import why_not
from poet.workers._versions import remote_for

__all__ = [
    "CannotCrossError",
    "Crossing",
    "Limits",
    "Pool",
    "Remote",
    "WorkerState",
    "pool",
    "remote_for",
    "why_not",
]
