"""What a check brings besides arguments: a method's object, made by the user's own class, and names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

__all__ = ["UnmadeError", "make_receiver", "named", "owner_of"]


class UnmadeError(Exception):
    """The user's class could not be called with what a check gives it."""

    def again(self, *_: Any, **__: Any) -> NoReturn:
        """Raise it."""
        raise self


def owner_of(original: Any, qualname: str) -> Callable[..., Any]:
    """Return the class that a method was written in.

    Raises:
        UnmadeError: The module has no class of that name.
    """
    found: Any = getattr(original, "__globals__", {})
    for part in qualname.split(".")[:-1]:
        names = found if isinstance(found, dict) else vars(found)
        if part not in names:
            raise UnmadeError(f"the module has no class {qualname.rpartition('.')[0]}")
        found = names[part]
    return found  # type: ignore[no-any-return]  # the class that holds the method


def make_receiver(
    kind: Callable[..., Any],
    receiver: dict[str, Any],
    call: Callable[..., None],
    decoded: Callable[[Any], Any],
) -> Any:
    """Return an object of the class ``kind``, made and called before as a check asks for.

    Args:
        kind: The user's class.
        receiver: As the parent encodes :class:`poet.domain.Receiver`.
        call: Calls the method; what it raises in an earlier call is nobody's business.
        decoded: Gives the value of an encoded tree.

    Raises:
        UnmadeError: The class takes other arguments, or its object no such attribute.
    """
    try:
        found = kind(*decoded(receiver["args"]), **decoded(receiver["kwargs"]))
        for args, kwargs, given in receiver["before"]:
            _assign(found, decoded(given))
            with contextlib.suppress(Exception):
                call(found, *decoded(args), **decoded(kwargs))
        _assign(found, decoded(receiver["set"]))
    except UnmadeError:
        raise
    except Exception as error:
        raise UnmadeError(f"{error!r}") from error
    return found


@contextlib.contextmanager
def named(original: Any, values: dict[str, Any] | None) -> Iterator[None]:
    """Let global names of a function's module have these values, for a time."""
    values = values or {}
    namespace = getattr(original, "__globals__", {})
    before = {name: namespace[name] for name in values if name in namespace}
    namespace.update(values)
    try:
        yield
    finally:
        for name in values:
            namespace.pop(name, None)
        namespace.update(before)


def _assign(found: Any, given: dict[str, Any]) -> None:
    for name, value in given.items():
        setattr(found, name, value)
