"""What generated code may import: guards, retries, facts of the execution, and its own function.

Four more names exist only for the version that imports them:

* ``baseline``: the undecorated original function.
* ``default(name)``: the original's default of a parameter, the same object.
* ``played(function)``: ``function``, which holds the original's own text with a small change; during
  a check that plays the original from a script, that script.
* ``user``: the global names of the user's module that the original uses, read live at each call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.runtime._execution import Execution, last_execution, observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet.runtime._guard import expect
    from poet.runtime._retry import Retry, is_before_effect, is_transient, retry, retry_async

    baseline: Callable[..., Any]
    user: Any

    def default(parameter: str) -> Any:
        """Return the baseline's own default of ``parameter``."""

    def played(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function``, or the stand-in of a check."""


__all__ = [
    "Execution",
    "Retry",
    "expect",
    "is_before_effect",
    "is_transient",
    "last_execution",
    "observe",
    "retry",
    "retry_async",
]

_RETRY = {"Retry", "is_before_effect", "is_transient", "retry", "retry_async"}


def __getattr__(name: str) -> Any:
    if name in ("baseline", "default", "played", "user"):
        from poet.runtime._binding import bound

        return bound(name)
    if name in _RETRY:
        from poet.runtime import _retry

        return getattr(_retry, name)
    if name == "expect":
        from poet.runtime._guard import expect

        return expect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
