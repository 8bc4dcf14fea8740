"""What plugins say of recorded inputs: what to leave out of them, and how to encrypt them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poet.errors import CaseError
from poet.plugins import loaded

__all__ = ["decrypt", "encrypt", "redact", "redact_names", "redact_result"]


def redact(
    function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments as every plugin lets them be kept.

    Raises:
        CaseError: A plugin gave something else than arguments.
        Exception: Whatever a plugin raises; nothing is kept then.
    """
    found: tuple[tuple[Any, ...], dict[str, Any]] = (tuple(args), dict(kwargs))
    for implementation in loaded().manager.hook.poet_redact.get_hookimpls():
        given = {"function": function, "args": found[0], "kwargs": found[1]}
        said: Any = implementation.function(**{k: given[k] for k in implementation.argnames})
        if said is None:
            continue
        try:
            args, kwargs = said
            found = (tuple(args), dict(kwargs))
        except (TypeError, ValueError):
            raise CaseError(
                f"plugin {implementation.plugin_name}: poet_redact returned {type(said).__name__}",
                hint="return (args, kwargs), or None to leave them as they are",
            ) from None
    return found


def redact_names(function: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what global names of a function's module hold as every plugin lets it be kept.

    Where a plugin redacts arguments and none says anything of names, they are left out: what must not
    lie on a disk may stand in them as well.

    Raises:
        CaseError: A plugin gave something else than names.
        Exception: Whatever a plugin raises; nothing of the call is kept then.
    """
    hooks = loaded().manager.hook
    implementations = hooks.poet_redact_names.get_hookimpls()
    if not implementations and hooks.poet_redact.get_hookimpls():
        return {}
    found = dict(names)
    for implementation in implementations:
        given = {"function": function, "names": found}
        said = implementation.function(**{k: given[k] for k in implementation.argnames})
        if said is None:
            continue
        if not isinstance(said, Mapping):
            raise CaseError(
                f"plugin {implementation.plugin_name}: poet_redact_names returned "
                f"{type(said).__name__}",
                hint="return the names as a dict, or None to leave them as they are",
            )
        found = dict(said)
    return found


def redact_result(function: str, value: Any) -> Any:
    """Return what a function gave as every plugin lets it be kept.

    Raises:
        Exception: Whatever a plugin raises; nothing is kept then.
    """
    for implementation in loaded().manager.hook.poet_redact_result.get_hookimpls():
        given = {"function": function, "value": value}
        value = implementation.function(**{k: given[k] for k in implementation.argnames})
    return value


def encrypt(data: bytes) -> bytes | None:
    """Return data as the plugin encrypts it, None where no plugin does.

    Raises:
        CaseError: What the plugin gave is no encrypted data.
        Exception: Whatever the plugin raises; nothing is kept then.
    """
    hook = loaded().manager.hook.poet_encrypt
    if not hook.get_hookimpls():
        return None
    found = hook(data=data)
    if not isinstance(found, bytes) or found == data:
        raise CaseError(
            f"poet_encrypt returned {'its input' if found == data else type(found).__name__}",
            hint="return other bytes, which poet_decrypt turns back",
        )
    return found


def decrypt(data: bytes) -> bytes:
    """Return what :func:`encrypt` made unreadable.

    Raises:
        CaseError: No plugin can, or it failed.
    """
    hook = loaded().manager.hook.poet_decrypt
    try:
        found = hook(data=data)
    except Exception as error:
        raise CaseError(f"poet_decrypt failed: {error!r:.300}") from error
    if not isinstance(found, bytes):
        raise CaseError(
            "this is encrypted, and no plugin decrypts it",
            hint="install the plugin that recorded it, with its key",
        )
    return found
