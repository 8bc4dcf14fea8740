"""Building the arguments of a check in the form the function takes."""

from __future__ import annotations

import ast
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.reading.forms import Form, is_frame

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.detector._plan import Plan
from poet_domain_ml_monitoring.reading.source import imports_of

__all__ = ["CYCLES", "Caller"]

CYCLES = 10.0  # of a season, that the samples of a check spread over
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times without a zone, as most frames have them


class Caller:
    """Builds calls of one function.

    Attributes:
        column: The column that the samples are put into where the function takes frames.
        categories: Values for categorical samples, of the type that the function takes.
        min_samples: Values it needs of each side.
        limit: The effect it calls drift.
        has_keywords: Whether both samples can be passed by keyword.
    """

    def __init__(self, spec: FunctionSpec, plan: Plan) -> None:
        self.spec = spec
        self.plan = plan
        roles = plan.roles
        by_name = {p.name: p for p in spec.parameters}
        strategy = plan.strategy
        apart = {*strategy.left_out, *strategy.categories, *strategy.min_effects}
        usual = roles.selection.literal or ("amount", "quantity", "volume")
        self.column = next((c for c in usual if c not in apart), usual[0])
        elements = {roles.current_form.element, roles.reference_form.element}
        self.categories: list[Any] = ["red", "green", "blue"]
        if elements == {"bool"}:
            self.categories = [False, True]
        elif elements == {"int"}:
            self.categories = [1, 2, 3]
        elif elements == {"unknown"} and plan.needs_baseline:
            self.categories = [1, 2, 3]  # the baseline may compute with them
        self.whole = elements == {"int"}
        self.min_samples = plan.min_samples
        self.limit = plan.min_effect
        self.given: dict[str, Any] = {}
        for name, value in (
            (roles.level, plan.alert_threshold),
            (roles.limit, plan.min_effect),
            (roles.min_samples, plan.min_samples),
            (roles.selection.parameter, self._columns()),
        ):
            if name is None:
                continue
            default = by_name[name].default
            fixed = name == roles.selection.parameter and default != "None"
            if default is None or fixed:
                self.given[name] = value
            elif name in (roles.limit, roles.min_samples):
                self._from_default(name, default)
        keyword = ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")
        self.has_keywords = all(
            by_name[n].kind in keyword for n in (roles.current, roles.reference)
        )

    def _columns(self) -> Any:
        return self.column if self.plan.roles.selection.how == "one" else [self.column]

    def _from_default(self, name: str, default: str) -> None:
        try:
            value = ast.literal_eval(default)
        except (ValueError, SyntaxError):
            return
        if isinstance(value, int | float) and name == self.plan.roles.limit:
            self.limit = float(value)
        elif isinstance(value, int):
            self.min_samples = value

    def missing(self, holes: list[Any]) -> list[Any]:
        """Return missing values that the form can hold: NaN in an array, which has no None."""
        form = self.form(self.plan.roles.current, self.plan.roles.current_form)
        if form == "ndarray" and (self.whole or isinstance(self.categories[0], bool)):
            return []
        return [math.nan] * len(holes) if form == "ndarray" and holes else holes

    def call(
        self,
        current: list[Any],
        reference: list[Any],
        *,
        by_name: bool,
        span: tuple[float, float] = (0.0, CYCLES),
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments, in order and by keyword.

        Args:
            current: The current sample.
            reference: The reference.
            by_name: Give them by keyword.
            span: Where the current sample begins and how long it is, in cycles of a season.
        """
        roles = self.plan.roles
        values = {
            roles.current: self._sample(current, roles.current, roles.current_form, span),
            roles.reference: self._sample(reference, roles.reference, roles.reference_form),
            **self.given,
        }
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for item in self.spec.parameters:
            if item.name not in values:
                continue
            if item.kind == "POSITIONAL_ONLY" or (
                item.kind == "POSITIONAL_OR_KEYWORD"
                and not by_name
                and len(args) == self._position(item.name)
            ):
                args.append(values[item.name])
            else:
                kwargs[item.name] = values[item.name]
        if by_name:
            kwargs = dict(reversed(kwargs.items()))
        return args, kwargs

    def _position(self, name: str) -> int:
        return [p.name for p in self.spec.parameters].index(name)

    def form(self, name: str, form: Form) -> str:
        """Return the container to build; where none is annotated, the one the body suggests."""
        if form.container not in ("unknown", "other", "scalar", "iterator"):
            return form.container
        libraries = set(imports_of(self.spec.module_source).values())
        frames = self.plan.roles.selection.how != "whole"
        body = ast.parse(self.spec.source)
        read = {
            n.attr
            for n in ast.walk(body)
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
        }
        pandas = "pandas" in libraries and "polars" not in libraries
        if frames:
            if read & {"keys", "items", "get"} and not read & {"columns"}:
                return "mapping"
            return "pandas_frame" if pandas else "polars_frame"
        if not read - {"count", "index", "copy"}:
            return "list"
        if "polars" in libraries or "pandas" in libraries:
            return "pandas_series" if pandas else "polars_series"
        return "ndarray"

    def times(self, size: int, begin: float, cycles: float) -> list[datetime]:
        """Return times evenly over cycles of the season that was learnt."""
        seasonal = self.plan.strategy.seasonal
        assert seasonal is not None
        step = cycles * seasonal.period / max(size, 1)
        # The middle of each step, so that no rounding moves a row into another phase.
        at = [begin * seasonal.period + (n + 0.5) * step for n in range(size)]
        return [EPOCH + timedelta(seconds=seconds) for seconds in at]

    def _sample(
        self,
        values: list[Any],
        name: str,
        form: Form,
        span: tuple[float, float] = (0.0, CYCLES),
    ) -> Any:
        if self.whole:
            values = [round(v * 10) if _is_measured(v) else v for v in values]
        container = self.form(name, form)
        if is_frame(Form(container)):  # type: ignore[arg-type]  # one of the containers
            names = self.plan.roles.selection.literal or (self.column,)
            columns: dict[str, list[Any]] = dict.fromkeys(names, values)
            seasonal = self.plan.strategy.seasonal
            if seasonal is not None:
                columns[seasonal.time] = self.times(len(values), *span)
            return _frame(columns, container)
        return _build(values, container)


def _is_measured(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _build(values: list[Any], container: str) -> Any:
    if container == "tuple":
        return tuple(values)
    if container == "ndarray":
        import numpy as np

        kinds = {type(v) for v in values}
        return np.array(
            values, dtype=None if len(kinds) == 1 else object if str in kinds else float
        )
    if container == "polars_series":
        import polars as pl

        return pl.Series(values, strict=False)
    if container == "pandas_series":
        import pandas as pd

        return pd.Series(values)
    return list(values)


def _frame(columns: dict[str, list[Any]], container: str) -> Any:
    if container == "mapping":
        return dict(columns)
    if container == "polars_frame":
        import polars as pl

        return pl.DataFrame({n: pl.Series(v, strict=False) for n, v in columns.items()})
    import pandas as pd

    return pd.DataFrame(columns)
