"""The features of a report, made from its arrays when they are looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from poet_domain_ml_monitoring.monitor._decide import CHECKS, NOT_MADE, STATUSES
from poet_domain_ml_monitoring.monitor._reasons import Evidence, reason, test_reason
from poet_domain_ml_monitoring.results import FeatureResult, Finding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Rows"]

_TESTS = {
    "infinite": "fisher",
    "unseen": "fisher",
    "missing": "fisher",
    "range": "order_statistics",
    "cardinality": "rarefaction",
}
_EFFECTS = {
    "infinite": "infinite_share",
    "unseen": "unseen_share",
    "missing": "missing_change",
    "range": "outside_share",
    "cardinality": "cardinality_change",
}
_TELLING = ("warning", "drift")


class Rows(Sequence[FeatureResult]):
    """The results of a check, in the order of the reference, features that came later last."""

    def __init__(
        self,
        evidence: Evidence,
        dtypes: dict[str, str],
        importance: NDArray[np.float64],
        late: Sequence[FeatureResult],
    ) -> None:
        self.evidence = evidence
        self.dtypes = dtypes
        self.importance = importance
        self.late = tuple(late)
        self._made: dict[int, FeatureResult] = {}
        self._index: dict[str, int] | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """All features, those that are not compared yet included."""
        return self.evidence.layout.features + tuple(result.feature for result in self.late)

    def __len__(self) -> int:
        return len(self.evidence.layout.features) + len(self.late)

    @overload
    def __getitem__(self, at: int) -> FeatureResult: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[FeatureResult, ...]: ...
    def __getitem__(self, at: int | slice) -> FeatureResult | tuple[FeatureResult, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        fitted = len(self.evidence.layout.features)
        if at >= fitted:
            return self.late[at - fitted]
        if at not in self._made:
            self._made[at] = self._make(at)
        return self._made[at]

    def __iter__(self) -> Iterator[FeatureResult]:
        self.prepare()
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented
        return all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(self.features)

    def __repr__(self) -> str:
        return repr(tuple(self))

    def index_of(self, feature: str) -> int | None:
        """Return where a feature is, None where it is not."""
        if self._index is None:
            self._index = {name: at for at, name in enumerate(self.features)}
        return self._index.get(feature)

    def prepare(self, features: Sequence[int] | None = None) -> None:
        """Count what the reasons of these features show values of, all at once."""
        decisions, layout = self.evidence.decisions, self.evidence.layout
        telling = [STATUSES.index(status) for status in _TELLING]
        shown = ((decisions.status == telling[0]) | (decisions.status == telling[1])).any(axis=0)
        columns = shown.nonzero()[0].tolist()
        if features is not None:
            asked = set(features)
            columns = [at for at in columns if int(layout.feature[at]) in asked]
        if columns:
            self.evidence.prepare(columns)

    def worst(self, statuses: Sequence[str], most: int | None = None) -> list[FeatureResult]:
        """Return the features of these statuses, the most severe and important first.

        Args:
            statuses: Which.
            most: How many at most.
        """
        names, severity = self.features, self.evidence.decisions.severity
        fitted = len(severity)
        found = [at for status in statuses for at in self.where(status)]
        weights = severity * self.importance
        found.sort(key=lambda at: (-weights[at] if at < fitted else 0.0, names[at]))
        found = found[:most]
        self.prepare(found)
        return [self[at] for at in found]

    @property
    def score(self) -> float:
        """How much of the importance has drifted, weighted by severity."""
        decisions = self.evidence.decisions
        drifted = decisions.worst == STATUSES.index("drift")
        # Sums in order of size: the order of the columns does not matter.
        parts = sorted((self.importance * decisions.severity)[drifted].tolist())
        whole = sorted([*self.importance.tolist(), *(late.importance for late in self.late)])
        return sum(parts) / sum(whole) if whole and sum(whole) else 0.0

    def where(self, status: str) -> list[int]:
        """Return where the features of a status are."""
        worst = self.evidence.decisions.worst
        found: list[int] = (worst == STATUSES.index(status)).nonzero()[0].tolist()
        fitted = len(self.evidence.layout.features)
        return found + [fitted + i for i, one in enumerate(self.late) if one.status == status]

    def columns(self) -> dict[str, list[Any]]:
        """Return what `FeatureResult` says as columns, without making the results."""
        self.prepare()
        evidence, decisions = self.evidence, self.evidence.decisions
        survey, layout = evidence.survey, evidence.layout
        column, check, first = decisions.column, decisions.check, layout.first
        chosen = check, column
        status = [STATUSES[s] for s in decisions.worst.tolist()]
        checks = [CHECKS[c] for c in check.tolist()]
        untold = [s == "error" for s in status]
        pairs = list(zip(column.tolist(), check.tolist(), strict=True))
        tests = [self._test(at, name) for (at, _), name in zip(pairs, checks, strict=True)]
        kinds = [evidence.reference.kind(name) for name in layout.features]
        found: dict[str, list[Any]] = {
            "feature": list(layout.features),
            "kind": list(kinds),
            "dtype": [self.dtypes.get(name) for name in layout.features],
            "status": list(status),
            "severity": decisions.severity.tolist(),
            "check": list(checks),
            "test": [None if no else test for no, test in zip(untold, tests, strict=True)],
            "statistic": [self._statistic(at, name) for (at, _), name in zip(pairs, checks, strict=True)],
            "p_value": _plain(decisions.p_value[chosen]),
            "p_adjusted": _plain(decisions.p_adjusted[chosen]),
            "effect_size": _plain(decisions.effect[chosen]),
            "effect_name": [self._effect(at, name) for (at, _), name in zip(pairs, checks, strict=True)],
            "min_effect": _plain(decisions.min_effect[chosen]),
            "reason": [reason(evidence, at, c) for at, c in pairs],
            "importance": self.importance.tolist(),
            "is_new": [name in evidence.late for name in layout.features],
            "n_current": survey.n[first].tolist(),
            "n_reference": survey.n_reference[first].tolist(),
            "missing_current": (survey.null + survey.nan)[first].tolist(),
            "missing_reference": (survey.null_reference + survey.nan_reference)[first].tolist(),
        }  # fmt: skip
        for at, no in enumerate(untold):
            if no:
                for name in ("statistic", "effect_size", "effect_name", "min_effect"):
                    found[name][at] = None
        for result in self.late:
            for name, values in found.items():
                values.append(getattr(result, name))
        return found

    def _make(self, at: int) -> FeatureResult:
        evidence, decisions = self.evidence, self.evidence.decisions
        survey, layout = evidence.survey, evidence.layout
        feature, own = layout.features[at], int(layout.first[at])
        deciding = (int(decisions.column[at]), int(decisions.check[at]))
        owned = [own] if layout.simple else (layout.feature == at).nonzero()[0].tolist()
        others = [
            (column, check)
            for column in owned
            for check in range(len(CHECKS))
            if decisions.status[check, column] != NOT_MADE and (column, check) != deciding
        ]
        findings = [self._finding(feature, *pair) for pair in [deciding, *others]]
        told = findings[0]
        order = {status: rank for rank, status in enumerate(reversed(STATUSES))}
        rest = sorted(findings[1:], key=lambda finding: order[finding.status])
        kind = evidence.reference.kind(feature)
        broken = told.status == "error"
        return FeatureResult(
            feature=feature,
            kind=kind,
            dtype=self.dtypes.get(feature),
            status=told.status,
            severity=float(decisions.severity[at]),
            check=told.check,
            test=None if broken else told.test,
            test_reason="" if broken else test_reason(evidence, *deciding),
            statistic=told.statistic,
            p_value=told.p_value,
            p_adjusted=told.p_adjusted,
            effect_size=told.effect_size,
            effect_name=None if broken else told.effect_name,
            min_effect=told.min_effect,
            reason=told.reason,
            importance=float(self.importance[at]),
            is_new=feature in evidence.late,
            n_current=int(survey.n[own]),
            n_reference=int(survey.n_reference[own]),
            missing_current=int(survey.null[own] + survey.nan[own]),
            missing_reference=int(survey.null_reference[own] + survey.nan_reference[own]),
            findings=(told, *rest),
        )

    def _finding(self, feature: str, column: int, check: int) -> Finding:
        decisions = self.evidence.decisions
        name = CHECKS[check]
        broken = decisions.status[check, column] == STATUSES.index("error")
        return Finding(
            feature=feature,
            check=name,  # type: ignore[arg-type]  # one of the words
            test=self._test(column, name),
            statistic=None if broken else self._statistic(column, name),
            p_value=_value(decisions.p_value[check, column]),
            p_adjusted=_value(decisions.p_adjusted[check, column]),
            effect_size=None if broken else _value(decisions.effect[check, column]),
            effect_name=self._effect(column, name),
            min_effect=None if broken else _value(decisions.min_effect[check, column]),
            status=STATUSES[decisions.status[check, column]],  # type: ignore[arg-type]  # as above
            reason=reason(self.evidence, column, check),
        )

    def _test(self, column: int, check: str) -> str:
        categories = self.evidence.survey.kinds[column] == "categories"
        return _TESTS.get(check) or ("chi_square" if categories else "ks")

    def _effect(self, column: int, check: str) -> str:
        categories = self.evidence.survey.kinds[column] == "categories"
        return _EFFECTS.get(check) or ("total_variation" if categories else "kuiper_v")

    def _statistic(self, column: int, check: str) -> float | None:
        survey = self.evidence.survey
        if check == "distribution":
            return _value(survey.statistic[column])
        if check == "range":
            return float(survey.below[column] + survey.above[column])
        if check == "cardinality":
            return float(survey.n_categories[column])
        if check == "missing":
            return float(survey.null[column] + survey.nan[column])
        return float((survey.unseen_rows if check == "unseen" else survey.infinite)[column])


def _value(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
