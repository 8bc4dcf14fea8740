"""The calls that check a monitor: its object, its features and the rest of its arguments, made up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from poet.domain import CallCheck, Receiver, Scripted
from poet.spec import import_name
from poet_domain_ml_monitoring.reading.forms import annotation_of
from poet_domain_ml_monitoring.reading.source import imports_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet.domain import Outcome
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.agents._owner import Argument
    from poet_domain_ml_monitoring.agents._plan import Plan

__all__ = ["MODEL", "SIZE", "Caller", "Features", "columns", "normal"]

SIZE = 400
MODEL = "model"
Features = Mapping[str, Sequence[float]]
_PLAIN: dict[str, Any] = {"str": MODEL, "int": 1, "float": 0.5, "bool": False, "dict": {}, "list": [],
                          "set": set(), "tuple": ()}  # fmt: skip


def normal(seed: int, mean: float = 0.0, size: int = SIZE) -> list[float]:
    """Return normal values, one from each of as many equal parts: 50 and 10 are the reference's.

    Two draws differ by less than chance would have it, so that no check hangs on a lucky one.
    """
    draw = random.Random(seed)  # noqa: S311 - test data
    shape = NormalDist(50 + 10 * mean, 10)
    values = [shape.inv_cdf((n + draw.uniform(0.1, 0.9)) / size) for n in range(size)]
    draw.shuffle(values)
    return values


def columns(seed: int, names: Sequence[str], moved: Mapping[str, float] | None = None) -> Features:
    """Return features of those names, some of them moved by so many standard deviations."""
    by = moved or {}
    return {name: normal(100 * seed + n, by.get(name, 0.0)) for n, name in enumerate(names)}


class Caller:
    """Makes checks of one function; `why_not` says why none can be made."""

    def __init__(self, spec: FunctionSpec, plan: Plan) -> None:
        self.spec, self.plan = spec, plan
        self.why_not = self._why_not()

    def _why_not(self) -> str:
        roles = self.plan.roles
        if roles.reference.kind == "parameter":
            return ""
        if roles.owner is None:
            return ""
        if roles.owner.arguments is None:
            return f"it cannot be seen how an object of {roles.owner.name} is made: it has a base class"
        kept = [a for a in roles.owner.arguments if a.attribute == roles.reference.name]
        if not kept:
            return (
                f"no argument of {roles.owner.name} is kept as self.{roles.reference.name}: take the "
                "reference as one"
            )
        for item in roles.owner.arguments:
            if item.required and item not in kept and self._value(item) is None:
                return (
                    f"{roles.owner.name} needs {item.name}: {item.annotation or 'of no known type'}, "
                    "which a check cannot make up; give it a default"
                )
        return ""

    def _value(self, item: Argument) -> Any:
        """Return a value for an argument of the class, None where there is none."""
        node, optional = annotation_of(item.annotation)
        roles = self.plan.roles
        held = roles.reference_predictions
        for side in (held, roles.reference_labels):
            if side is not None and item.attribute == side.name:
                return self.values(normal(7), item.annotation)
        if optional:
            return ...
        if node is None:
            return MODEL if "name" in item.name else None
        import ast

        base = node.value if isinstance(node, ast.Subscript) else node
        name = ast.unparse(base).rpartition(".")[2]
        return _PLAIN.get({"Mapping": "dict", "Sequence": "list"}.get(name, name))

    def values(self, values: Sequence[float], annotation: str | None) -> Any:
        """Return plain values in the container of an annotation."""
        text = annotation or ""
        if "Series" in text:
            if "pandas" in self._library(text):
                import pandas as pd

                return pd.Series(values)
            import polars as pl

            return pl.Series(values)
        if "ndarray" in text or "NDArray" in text:
            import numpy as np

            return np.array(values)
        return list(values)

    def _library(self, text: str) -> str:
        head = text.partition(".")[0]
        return imports_of(self.spec.module_source).get(head, head)

    def frame(self, features: Features, container: str, annotation: str | None) -> Any:
        """Return features in the container of an annotation."""
        if container == "unknown":
            libraries = set(imports_of(self.spec.module_source).values())
            body = self.spec.source
            looks = ".columns" in body or ".width" in body or ".filter(" in body
            container = "mapping"
            if looks:
                pandas = "pandas" in libraries and "polars" not in libraries
                container = "pandas_frame" if pandas else "polars_frame"
        if container == "polars_frame":
            import polars as pl

            return pl.DataFrame(dict(features))
        if container == "pandas_frame":
            import pandas as pd

            return pd.DataFrame(dict(features))
        if container == "list":
            return [
                dict(zip(features, row, strict=True))
                for row in zip(*features.values(), strict=True)
            ]
        inner = (annotation or "").partition("[")[2]
        return {name: self.values(v, inner) for name, v in features.items()}

    def arguments(
        self, features: Features, predictions: Sequence[float] | None, *, by_name: bool = False
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return what the function is called with."""
        roles = self.plan.roles
        bound = self.spec.parameters[1:] if roles.owner else self.spec.parameters
        args: list[Any] = []
        named: dict[str, Any] = {}
        for item in bound:
            if item.name == roles.data:
                value = self.frame(features, roles.form.container, item.annotation)
            elif item.name == roles.predictions:
                value = self.values(predictions or normal(8), item.annotation)
            elif item.name == roles.labels:
                if item.default is not None:
                    continue
                value = self.values(predictions or normal(8), item.annotation)
            elif item.default is None and item.kind not in ("VAR_POSITIONAL", "VAR_KEYWORD"):
                value = MODEL
            else:
                continue
            if (by_name and item.kind != "POSITIONAL_ONLY") or item.kind == "KEYWORD_ONLY":
                named[item.name] = value
            else:
                args.append(value)
        return args, dict(reversed(named.items()))

    def check(
        self,
        name: str,
        features: Features,
        reference: Features,
        expect: Callable[[Outcome], str | None],
        *,
        predictions: Sequence[float] | None = None,
        before: Sequence[Features] = (),
        replaced: Features | None = None,
        by_name: bool = False,
        hidden: bool = False,
        subject: str = "candidate",
    ) -> CallCheck:
        """Return one check: a call with these features, after earlier ones.

        Args:
            name: Of the check.
            features: Of the call.
            reference: What they are compared with.
            expect: Judges the outcome.
            predictions: Of the call.
            before: Features of earlier calls.
            replaced: Put in the reference's place before the call, where an object holds it.
            by_name: Give the arguments by name.
            hidden: Keep the inputs from a model.
            subject: What is called.
        """
        args, kwargs = self.arguments(features, predictions, by_name=by_name)
        roles = self.plan.roles
        receiver, outside, names = None, {}, {}
        if roles.owner is not None:
            receiver = self._receiver(reference, before, replaced)
        elif roles.reference.kind == "loader":
            frame = self._reference(replaced or reference, None)
            from pathlib import Path

            module = import_name(Path(self.spec.path))
            outside = {f"{module}.{roles.reference.name}": Scripted([("return", frame)])}
        elif roles.reference.kind == "global":
            names = {roles.reference.name: self._reference(replaced or reference, None)}
        return CallCheck(
            f"monitor.{name}", args, kwargs, expect, hidden=hidden, outside=outside,
            subject=subject, receiver=receiver, names=names,  # type: ignore[arg-type]  # one of the two
        )  # fmt: skip

    def _reference(self, features: Features, annotation: str | None) -> Any:
        roles = self.plan.roles
        container = roles.reference.form.container
        if container == "unknown":
            container = roles.form.container
        if container in ("list", "unknown"):
            container = "mapping" if ".items()" in self.spec.source else container
        made = self.frame(features, "unknown" if container == "list" else container, annotation)
        return {MODEL: made} if roles.reference.text.endswith("]") else made

    def _receiver(
        self, reference: Features, before: Sequence[Features], replaced: Features | None
    ) -> Receiver:
        roles = self.plan.roles
        assert roles.owner is not None
        given: dict[str, Any] = {}
        for item in roles.owner.arguments or ():
            if item.attribute == roles.reference.name:
                given[item.name] = self._reference(reference, item.annotation)
            elif item.required:
                value = self._value(item)
                given[item.name] = None if value is ... else value
        earlier: list[tuple[Any, Any, Any]] = [(*self.arguments(f, None), {}) for f in before]
        new: dict[str, Any] = {}
        if replaced is not None:
            new[roles.reference.name] = self._reference(replaced, None)
        return Receiver((), given, earlier, new)
