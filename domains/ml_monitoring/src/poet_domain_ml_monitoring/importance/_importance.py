"""Weights of features, and what a report looks like under them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from poet.errors import PoetWarning, StatsInputError, nearest
from poet_domain_ml_monitoring._saved import taken
from poet_domain_ml_monitoring.importance._context import ContextRule
from poet_domain_ml_monitoring.importance._interactions import Interaction

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.importance._model import Method
    from poet_domain_ml_monitoring.monitor import Report

__all__ = ["Importance"]


@dataclass(frozen=True, slots=True)
class Importance:
    """How much each feature matters, beside the others; 1 is the average.

    Attributes:
        weights: By feature, 0 or more. A feature that is not listed has the weight `default`.
        interactions: Sets of features that matter more when they drift together.
        rules: When some features matter more or less than usual.
        source: Where the weights come from, one sentence.
        default: The weight of a feature that is not listed.

    Example:
        >>> importance = Importance.given({"income": 3.0, "shoe_size": 0.1})
        >>> importance.of("income"), importance.of("age")
        (3.0, 1.0)
    """

    weights: Mapping[str, float]
    interactions: tuple[Interaction, ...] = ()
    rules: tuple[ContextRule, ...] = ()
    source: str = "given"
    default: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        for feature, weight in (*self.weights.items(), ("default", self.default)):
            if isinstance(weight, bool) or not isinstance(weight, (int, float)):
                raise _bad_weight(feature, weight)
            if not isfinite(weight) or weight < 0:
                raise _bad_weight(feature, weight)

    @classmethod
    def given(
        cls,
        weights: Mapping[str, float],
        *,
        interactions: Iterable[Interaction] = (),
        rules: Iterable[ContextRule] = (),
        default: float = 1.0,
    ) -> Importance:
        """Take weights as they are.

        Raises:
            StatsInputError: A weight is negative, infinite or no number.
        """
        return cls(dict(weights), tuple(interactions), tuple(rules), "given", default=default)

    @classmethod
    def from_model(
        cls,
        estimator: Any,
        names: Sequence[str] | None = None,
        X: Any = None,  # noqa: N803 - scikit-learn's word
        y: Any = None,
        *,
        method: Method = "auto",
        scoring: Any = None,
        repeats: int = 5,
        seed: int = 0,
        max_rows: int = 5_000,
    ) -> Importance:
        """Read the weights off a fitted estimator; their mean is 1.

        With ``X`` and ``y`` they are permutation importances: how much worse the estimator becomes
        when a feature is shuffled (Breiman, 2001; Fisher, Rudin and Dominici, 2019). Otherwise the
        estimator's own: ``feature_importances_`` of trees, or ``coef_`` times the spread of what
        the coefficient multiplies. Of a pipeline they are traced back through its steps to the
        features that go in, a category's columns added up. Features that say the same share their
        weight, and the estimator's own figures favour features with many values: give ``X`` and
        ``y`` where you have them.

        Args:
            estimator: A fitted estimator or pipeline of scikit-learn, or one that behaves so.
            names: The features in the order the estimator was fitted on; by default
                ``feature_names_in_``.
            X: Rows, such as some of the reference: a frame or an array of (rows, features). Needed
                for coefficients of features that were not standardised.
            y: What should have been predicted for them.
            method: ``auto`` as described, or ``permutation``, ``feature_importances`` or ``coef``.
            scoring: Scorer of the permutations, as in scikit-learn; by default log loss where the
                estimator gives probabilities, else its own.
            repeats: How often each feature is shuffled.
            seed: Of the shuffling.
            max_rows: With more rows than this, as many evenly spaced ones are used.

        Raises:
            StatsInputError: The estimator offers none of them, or names and features differ.
            ConfigError: An unknown method, or scikit-learn is needed and not installed.
        """
        from poet_domain_ml_monitoring.importance._model import weights_from_model

        weights, source = weights_from_model(
            estimator, names, X, y, method=method, scoring=scoring, repeats=repeats, seed=seed,
            max_rows=max_rows,
        )  # fmt: skip
        return cls(weights, source=source)

    @classmethod
    def learned(
        cls, events: Iterable[Any], prior: Importance | None = None, *, strength: float = 5.0
    ) -> Importance:
        """Learn the weights from what drift did to the results: events ``feature.drift_impact``.

        A pure function: the order of the events does not matter, one that came twice counts once.
        Each event holds ``feature``, ``impact`` (the share of the quality or of the business metric
        that was lost, 0 to 1) and, if known, ``severity`` (how much the feature had drifted, 0 to 1)
        and ``source``. A feature's impact for each unit of severity, beside what the prior expects
        of all features, is averaged and shrunk to the prior: ``(strength * prior + Σ ratio) /
        (strength + n)``. One source counts at most `strength` times for a feature, so that it alone
        moves a weight at most halfway. Events ``feature.interaction_discovered`` with ``features``
        and ``factor`` give the interactions in the same way, shrunk to 1.

        Args:
            events: Events of the log, or mappings with ``type`` and ``payload``; others are skipped.
            prior: What is assumed before; all features alike by default.
            strength: How many events the prior is worth.

        Raises:
            StatsInputError: `strength` is not above 0.
        """
        from poet_domain_ml_monitoring.importance._learned import learn

        prior = prior or cls({})
        weights, interactions, source = learn(events, prior, strength)
        return replace(prior, weights=weights, interactions=interactions, source=source)

    def of(self, feature: str) -> float:
        """Return the weight of a feature, without interactions and rules."""
        return self.weights.get(feature, self.default)

    def in_context(
        self, features: Iterable[str], drifted: Iterable[str], context: Mapping[str, Any]
    ) -> dict[str, float]:
        """Return the weights of these features while some have drifted and a context holds."""
        together = set(drifted)
        factors: dict[str, float] = {}
        for interaction in self.interactions:
            if together.issuperset(interaction.features):
                for feature in interaction.features:
                    factors[feature] = factors.get(feature, 1.0) * interaction.factor
        for rule in self.rules:
            if rule.holds(context):
                for feature in rule.features:
                    factors[feature] = factors.get(feature, 1.0) * rule.factor
        return {feature: self.of(feature) * factors.get(feature, 1.0) for feature in features}

    def apply(self, report: Report, *, context: Mapping[str, Any] | None = None) -> Report:
        """Return the report with these weights; its drift score follows.

        Args:
            report: A report; what it says of each feature stays.
            context: What the rules look at, such as ``{"month": 12}``.

        Warns:
            PoetWarning: None of the weights is of a feature of the report, or given ones are of
                features that it does not have: those weigh nothing.
        """
        names = [result.feature for result in report]
        self._warn_unknown(names)
        drifted = [result.feature for result in report if result.status == "drift"]
        weights = self.in_context(names, drifted, context or {})
        return with_importance(report, weights)

    def _warn_unknown(self, names: Sequence[str]) -> None:
        known = set(names)
        unknown = [name for name in self.weights if name not in known]
        # What a model or feedback knows may be more than the report is about.
        if unknown and (self.source == "given" or len(unknown) == len(self.weights)):
            near = nearest(unknown[0], list(names))
            more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
            told = (
                f"a weight is given to {unknown[0]!r}, which the report does not have{near}{more}"
            )
            warnings.warn(told, PoetWarning, stacklevel=3)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same weights."""
        return {
            "weights": {name: float(self.weights[name]) for name in sorted(self.weights)},
            "interactions": [
                {"features": list(i.features), "factor": i.factor, "why": i.why}
                for i in self.interactions
            ],
            "rules": [rule.to_dict() for rule in self.rules],
            "source": self.source,
            "default": self.default,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Importance:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Something is missing or of another type.
        """
        with taken("importance"):
            return cls(
                dict(data["weights"]),
                tuple(
                    Interaction(tuple(i["features"]), float(i["factor"]), str(i["why"]))
                    for i in data["interactions"]
                ),
                tuple(ContextRule(**rule) for rule in data["rules"]),
                str(data["source"]),
                default=float(data["default"]),
            )


def with_importance(report: Report, weights: Mapping[str, float]) -> Report:
    """Return the report with other weights; the one place that knows how a report holds them."""
    results = tuple(
        replace(result, importance=float(weights.get(result.feature, result.importance)))
        for result in report
    )
    return replace(report, results=results)


def _bad_weight(feature: str, weight: object) -> StatsInputError:
    return StatsInputError(
        f"the weight of {feature!r} is {weight!r}",
        where="weights",
        hint="pass a finite number from 0 upwards; 1 is the average",
    )
