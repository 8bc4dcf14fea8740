"""Every error POET raises: one base class, stable codes, and what, where, what next.

PoetError
├── ConfigError                 POET101  a setting or an option that is not one
│   └── UnknownDomainError      POET102  no installed domain has that name
├── FunctionError               POET201  a function that cannot be enhanced, and why
│   ├── NoSourceError           POET202  its source text is not there to read
│   └── DuplicateFunctionError  POET203  two functions share one name
├── StoreError                  POET301  the version store could not do what was asked
│   ├── VersionNotFoundError    POET302  no such version
│   ├── TamperedVersionError    POET303  stored code is not the code that was verified
│   ├── PromoteConflictError    POET304  current moved while the candidate was judged
│   ├── ReadOnlyStoreError      POET305  the store's folder cannot be written
│   └── CaseError               POET306  a case, or a recorded input, that cannot be used
├── VersionStateError           POET401  strict mode: no fresh version to serve
├── GenerationError             POET501  a provider could not make a candidate
│   ├── RecipeRefusedError      POET502  the recipe does not handle this function
│   ├── BudgetError             POET504  the budget has nothing left for a call
│   ├── CassetteMissError       POET505  replay: no recorded completion for a request
│   └── ProviderError           POET506  a model gave no answer
├── SandboxUnavailableError     POET503  a layer of confinement is missing, and it is required
├── PluginError                 POET601  a plugin broke, in strict mode
├── EventError                  POET701  an event that cannot be accepted
├── EventStoreError             POET702  the event store could not do what was asked
├── FeedbackError               POET703  feedback that says nothing or is about nothing
├── StatsInputError             POET801  data a statistic cannot be computed from
└── RuntimeTypeError            POET901  strict_types: a value does not match its annotation
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

__all__ = [
    "BudgetError",
    "CaseError",
    "CassetteMissError",
    "ConfigError",
    "DuplicateFunctionError",
    "EventError",
    "EventStoreError",
    "FeedbackError",
    "FunctionError",
    "GenerationError",
    "NoSourceError",
    "PluginError",
    "PoetError",
    "PoetWarning",
    "PromoteConflictError",
    "ProviderError",
    "ReadOnlyStoreError",
    "RecipeRefusedError",
    "RuntimeTypeError",
    "SandboxUnavailableError",
    "StatsInputError",
    "StoreError",
    "TamperedVersionError",
    "UnknownDomainError",
    "VersionNotFoundError",
    "VersionStateError",
    "nearest",
]


class PoetError(Exception):
    """Base of every error POET raises.

    Args:
        what: What was wrong, one sentence.
        where: The file and line, function, setting or argument it is about.
        hint: What to do next.
    """

    code: ClassVar[str] = "POET000"

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        parts = [f"[{self.code}] {self.what}"]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.hint:
            parts.append(f"  next:  {self.hint}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.hint))


def _rebuild(cls: type[PoetError], what: str, where: str, hint: str) -> PoetError:
    return cls(what, where=where, hint=hint)


class PoetWarning(UserWarning):
    """Something a person should see while calls keep working, such as a stale version."""


class ConfigError(PoetError, ValueError):
    """A setting or a decorator option is unknown or has an impossible value."""

    code = "POET101"


class UnknownDomainError(ConfigError):
    """No installed domain has the name that was asked for."""

    code = "POET102"


class FunctionError(PoetError, TypeError):
    """The function cannot be enhanced; the message names the reason."""

    code = "POET201"


class NoSourceError(FunctionError):
    """The function's source text cannot be read, as in a REPL."""

    code = "POET202"


class DuplicateFunctionError(FunctionError):
    """Two decorated functions of one module share a qualified name."""

    code = "POET203"


class StoreError(PoetError):
    """The version store could not do what was asked."""

    code = "POET301"


class VersionNotFoundError(StoreError, LookupError):
    """The version asked for is not in the store."""

    code = "POET302"


class TamperedVersionError(StoreError):
    """Stored code or its record is not what the gate accepted."""

    code = "POET303"


class PromoteConflictError(StoreError):
    """Current moved between judging a candidate and promoting it."""

    code = "POET304"


class ReadOnlyStoreError(StoreError, PermissionError):
    """The folder that would hold the versions cannot be written."""

    code = "POET305"


class VersionStateError(PoetError):
    """Strict mode: the function has no fresh version, so the call is refused."""

    code = "POET401"


class GenerationError(PoetError):
    """A provider could not make a candidate."""

    code = "POET501"


class RecipeRefusedError(GenerationError):
    """The domain's recipe does not handle this function; the message says why."""

    code = "POET502"


class BudgetError(GenerationError):
    """A call was not made: one of the budget's limits has too little left for it."""

    code = "POET504"


class CassetteMissError(GenerationError):
    """Replay has no recorded completion for a request; the hint is the command that records it."""

    code = "POET505"


class ProviderError(GenerationError):
    """A model gave no answer.

    Args:
        what: As for every error.
        kind: ``key``, ``model`` or ``refused``: asking again gives the same. ``busy`` (429, 5xx),
            ``timeout`` or ``network``: asking again may help. ``garbled``: what came was no answer.
            ``broken``: the provider itself failed.
        retry_after: Seconds the server asks to wait.
        where: As for every error.
        hint: As for every error.
    """

    code = "POET506"

    def __init__(
        self,
        what: str,
        *,
        kind: str = "refused",
        retry_after: float | None = None,
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.kind = kind
        self.retry_after = retry_after

    @property
    def passing(self) -> bool:
        """Whether asking again may help."""
        return self.kind in ("busy", "timeout", "network", "garbled")

    def __reduce__(self) -> tuple[object, ...]:
        return (
            partial(type(self), kind=self.kind, retry_after=self.retry_after,
                    where=self.where, hint=self.hint),
            (self.what,),
        )  # fmt: skip


class SandboxUnavailableError(PoetError):
    """A layer of confinement that is required is missing here; the message names it."""

    code = "POET503"


class PluginError(PoetError):
    """A plugin could not be loaded or broke a rule of its hook."""

    code = "POET601"


class EventError(PoetError, ValueError):
    """An event is too large or its payload is not JSON; the message names the field."""

    code = "POET701"


class EventStoreError(PoetError, OSError):
    """The event store could not do what was asked; what it acknowledged before is safe."""

    code = "POET702"


class FeedbackError(PoetError, ValueError):
    """Feedback that says nothing, is about nothing, or of which there is too much from one source."""

    code = "POET703"


class CaseError(StoreError):
    """A case, or a recorded input, that cannot be read, written or used; the message says which."""

    code = "POET306"


class StatsInputError(PoetError, ValueError):
    """Data a statistic cannot be computed from."""

    code = "POET801"


class RuntimeTypeError(PoetError, TypeError):
    """With ``strict_types=True``: a value does not match the function's annotation."""

    code = "POET901"


def nearest(name: str, known: object) -> str:
    """Return ``", did you mean 'x'?"`` for the known name nearest to ``name``, or ``""``."""
    from difflib import get_close_matches

    names = (
        [str(item) for item in known]
        if isinstance(known, (list, tuple, set, frozenset, dict))
        else []
    )
    found = get_close_matches(name, names, n=1, cutoff=0.5)
    return f", did you mean {found[0]!r}?" if found else ""
