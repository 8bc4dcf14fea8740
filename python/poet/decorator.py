"""``@poet``: the decorator. What it needs is imported when the first function is decorated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["poet"]

T = TypeVar("T")


@overload
def poet(target: Callable[..., T], /) -> Callable[..., T]: ...
@overload
def poet(**options: Any) -> Callable[[T], T]: ...


def poet(target: Any = None, /, **options: Any) -> Any:
    """Decorate a function (or a class) so that calls run its current verified version.

    Until there is one, calls run the function as it was written. On a class the options are
    defaults for its decorated methods; where none is decorated, its public methods are.

    Args:
        target: The function, where the decorator is written without parentheses.
        **options: ``domain`` (default ``base``), ``optimize_for``, ``objectives``,
            ``constraints``, ``capabilities``, ``learning``, ``record``, ``idempotent``, ``strict_types``,
            ``verify`` (``preserve`` or ``enhance``), ``tolerance`` (``{"rtol": 1e-9}``; floats are
            compared exactly without) and ``config``, the domain's own settings.

    Raises:
        ConfigError: An unknown option, domain, objective or config key, with the nearest name.
        FunctionError: What cannot be enhanced, with the reason.
    """
    from poet.errors import FunctionError
    from poet.proxy import decorate

    if target is not None and options:
        raise FunctionError("@poet takes keyword options only", hint='write @poet(domain="...")')
    if target is not None:
        return decorate(target, {})
    return lambda function: decorate(function, options)
