"""The spec: all that a generator needs to know about one function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple

from poet.errors import ConfigError, nearest
from poet.spec.evidence import Evidence

__all__ = ["Constraint", "FunctionSpec", "Objective", "Options", "Parameter", "VerifyMode"]

VerifyMode = Literal["preserve", "enhance"]
Kind = Literal["function", "async", "generator", "async generator"]
LEARNING = ("off", "on_feedback", "continuous")
RECORD = ("off", "on_feedback", "sampled")


class Objective(NamedTuple):
    """Something to make better: a weight, and where wanted a target and a direction.

    A direction of None is the one its domain names.
    """

    name: str
    weight: float = 1.0
    target: float | None = None
    direction: Literal["maximize", "minimize"] | None = None


class Constraint(NamedTuple):
    """Something that must hold: at most ``limit``, in the unit its name ends with."""

    name: str
    limit: float


class Options(NamedTuple):
    """What the user wrote into ``@poet(...)``, checked.

    All fields but ``learning`` and ``record`` shape generation and so belong to the fingerprint.
    ``tolerance`` says how far floating-point numbers may lie from the function's own: ``rtol``, ``ulp``
    or both. ``record`` says of which executions the inputs are kept: none; all for a while, so that
    feedback finds them; or a sample, drawn by the execution's id.
    """

    domain: str = "base"
    optimize_for: str | None = None
    objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    capabilities: tuple[str, ...] = ()
    learning: str = "off"
    record: str = "off"
    idempotent: bool = False
    strict_types: bool = False
    verify: VerifyMode | None = None
    config: Mapping[str, Any] = {}
    tolerance: Mapping[str, float] = {}

    @classmethod
    def parse(cls, given: Mapping[str, Any], where: str) -> Options:
        """Check the keyword arguments of ``@poet`` and return them as options.

        Raises:
            ConfigError: An unknown option or an impossible value, with what is known.
        """
        for name in given:
            if name not in cls._fields:
                raise ConfigError(
                    f"unknown option {name!r}{nearest(name, cls._fields)}",
                    where=where,
                    hint="known options: " + ", ".join(cls._fields),
                )
        values = {k: v for k, v in given.items() if v is not None}
        for name in ("domain", "optimize_for"):
            if name in values and not isinstance(values[name], str):
                raise _bad(name, values[name], "text", where)
        for name in ("idempotent", "strict_types"):
            if name in values and not isinstance(values[name], bool):
                raise _bad(name, values[name], "True or False", where)
        if values.get("learning", "off") not in LEARNING:
            raise _bad("learning", values["learning"], "one of " + ", ".join(LEARNING), where)
        if values.get("record", "off") not in RECORD:
            raise _bad("record", values["record"], "one of " + ", ".join(RECORD), where)
        if values.get("verify", "preserve") not in ("preserve", "enhance"):
            raise _bad("verify", values["verify"], "'preserve' or 'enhance'", where)
        capabilities = values.get("capabilities", ())
        listed = isinstance(capabilities, Iterable) and not isinstance(capabilities, str)
        if not listed or not all(isinstance(c, str) for c in capabilities):
            raise _bad("capabilities", capabilities, "a list of names", where)
        config = values.get("config", {})
        if not isinstance(config, Mapping) or not _is_json(dict(config)):
            raise _bad("config", config, "a dict of JSON values", where)
        values["config"] = dict(config)
        values["tolerance"] = _tolerance(values.get("tolerance", {}), where)
        values["capabilities"] = tuple(sorted(set(capabilities)))
        values["objectives"] = _objectives(values.get("objectives", {}), where)
        values["constraints"] = _constraints(values.get("constraints", {}), where)
        return cls(**values)

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape generation, as plain JSON values in a fixed order."""
        plain = self._asdict()
        del plain["learning"], plain["record"]
        plain["objectives"] = [o._asdict() for o in self.objectives]
        plain["constraints"] = [c._asdict() for c in self.constraints]
        plain["capabilities"] = list(self.capabilities)
        plain["config"] = dict(self.config)
        plain["tolerance"] = dict(self.tolerance)
        if not self.tolerance:  # as before there was one: no version grows stale for its sake
            del plain["tolerance"]
        return plain


def _tolerance(given: object, where: str) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise _bad("tolerance", given, "a dict of rtol, ulp or both", where)
    for name, value in given.items():
        if name not in ("rtol", "ulp"):
            raise ConfigError(
                f"unknown key {name!r} in tolerance{nearest(str(name), ('rtol', 'ulp'))}",
                where=where,
            )
        if not _is_number(value) or value < 0 or (name == "ulp" and int(value) != value):
            raise _bad(
                f"tolerance[{name!r}]", value, "a number of at least 0, ulp a whole one", where
            )
        if name == "rtol" and value >= 1:
            raise _bad("tolerance['rtol']", value, "below 1: a share of the number", where)
    return {str(name): given[name] for name in sorted(given)}


def _bad(name: str, value: object, expected: str, where: str) -> ConfigError:
    return ConfigError(f"option {name}={value!r} is not {expected}", where=where)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _objectives(given: object, where: str) -> tuple[Objective, ...]:
    if not isinstance(given, Mapping):
        raise _bad("objectives", given, "a dict of name: {'weight': …, 'target': …}", where)
    found = []
    for name, detail in given.items():
        fields = {"weight": detail} if isinstance(detail, (int, float)) else detail
        if not isinstance(fields, Mapping):
            raise _bad(f"objectives[{name!r}]", detail, "a weight or a dict", where)
        for key in fields:
            if key not in Objective._fields[1:]:
                raise ConfigError(
                    f"unknown key {key!r} in objectives[{name!r}]"
                    f"{nearest(str(key), Objective._fields)}",
                    where=where,
                )
        objective = Objective(str(name), **fields)
        good = _is_number(objective.weight) and objective.weight > 0
        if objective.direction not in ("maximize", "minimize", None) or not good:
            raise _bad(f"objectives[{name!r}]", detail, "a positive weight and a direction", where)
        if objective.target is not None and not _is_number(objective.target):
            raise _bad(f"objectives[{name!r}]['target']", objective.target, "a number", where)
        found.append(objective)
    return tuple(sorted(found))


def _constraints(given: object, where: str) -> tuple[Constraint, ...]:
    if not isinstance(given, Mapping):
        raise _bad("constraints", given, "a dict of name: limit", where)
    for name, limit in given.items():
        if not _is_number(limit) or not limit > 0:
            raise _bad(f"constraints[{name!r}]", limit, "a number above 0", where)
    return tuple(sorted(Constraint(str(name), float(limit)) for name, limit in given.items()))


class Parameter(NamedTuple):
    """One parameter of the function, as text.

    Attributes:
        name: Its name.
        kind: The name of its ``inspect.Parameter`` kind.
        annotation: Source of the annotation, or None.
        default: Source of the default, or None where it has none.
    """

    name: str
    kind: Literal[
        "POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD"
    ]
    annotation: str | None = None
    default: str | None = None


class FunctionSpec(NamedTuple):
    """All that a generator needs to know about one function. Plain data; nothing was imported.

    Attributes:
        name: The function's own name.
        qualname: With its class, as ``Monitor.check``.
        module: The module's file name without ``.py``.
        path: Absolute path of the module's file.
        line: 1-based line of the ``def``.
        kind: What calling it gives.
        owner: None, or how it sits in its class: ``method``, ``classmethod``, ``staticmethod``.
        source: The function's text without the ``@poet`` decorator, dedented.
        module_source: The whole text of the module's file.
        parameters: In order.
        returns: Source of the return annotation, or None.
        docstring: Its docstring, or an empty text.
        options: From ``@poet(...)``.
        mode: How a candidate is verified.
        user_names: Global names and dotted attributes of the user's module that the source uses;
            the only ones a candidate may use.
        closure: First-party helpers and constants it reaches: ``module:name`` to source text.
        fingerprint: SHA-256, in hexadecimal. What production says is no part of it.
        evidence: What production says, that a version is asked to answer to.
    """

    name: str
    qualname: str
    module: str
    path: str
    line: int
    kind: Kind
    owner: Literal["method", "classmethod", "staticmethod"] | None
    source: str
    module_source: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    docstring: str
    options: Options
    mode: VerifyMode
    user_names: tuple[str, ...]
    closure: Mapping[str, str]
    fingerprint: str
    evidence: tuple[Evidence, ...] = ()
