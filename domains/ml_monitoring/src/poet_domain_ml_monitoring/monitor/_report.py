"""The report of one check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.results import COLUMNS, FeatureResult, Problem, Sampling

if TYPE_CHECKING:
    import polars as pl

    from poet.stats import FrameCounts, FrameProfile

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        results: Each feature, in the order of the reference, new ones last.
        problems: What is wrong with the data themselves.
        rows_current: Rows of the window.
        rows_reference: Rows of the reference.
        safe_mode: Whether more than half of the features are new, so that nothing is called drift.
        sampling: How it was degraded to a time budget, None where every row was looked at.
        execution_id: What the report is known by: the running execution's id, else a hash of the
            content.
        profile: The reference; not part of equality or of any output.
        window: What is kept of the window, for charts; not part of equality.
    """

    results: tuple[FeatureResult, ...]
    problems: tuple[Problem, ...] = ()
    rows_current: int = 0
    rows_reference: int = 0
    safe_mode: bool = False
    sampling: Sampling | None = None
    execution_id: str = ""
    profile: FrameProfile | None = field(default=None, compare=False, repr=False)
    window: FrameCounts | None = field(default=None, compare=False, repr=False)

    def __iter__(self) -> Iterator[FeatureResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, feature: str) -> FeatureResult:
        """Return the result of the feature of this name.

        Raises:
            KeyError: There is no such feature.
        """
        for result in self.results:
            if result.feature == feature:
                return result
        raise KeyError(feature)

    @property
    def drifted(self) -> Sequence[FeatureResult]:
        """The features that drifted, the most severe and important first."""
        found = [result for result in self.results if result.status == "drift"]
        return sorted(found, key=lambda r: (-r.severity * r.importance, r.feature))

    @property
    def drift_score(self) -> float:
        """How much of the importance has drifted, weighted by severity, from 0 to 1."""
        weight = sum(result.importance for result in self.results)
        drifted = sum(result.importance * result.severity for result in self.drifted)
        return drifted / weight if weight else 0.0

    @property
    def drift_detected(self) -> bool:
        """Whether any feature drifted."""
        return any(result.status == "drift" for result in self.results)

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each feature."""
        import polars as pl

        rows = [[getattr(result, name) for name in COLUMNS] for result in self.results]
        schema = {name: getattr(pl, dtype) for name, dtype in COLUMNS.items()}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same input."""
        return {
            "execution_id": self.execution_id,
            "rows_current": self.rows_current,
            "rows_reference": self.rows_reference,
            "safe_mode": self.safe_mode,
            "drift_score": self.drift_score,
            "sampling": self.sampling._asdict() if self.sampling else None,
            "problems": [problem._asdict() for problem in self.problems],
            "features": [
                asdict(result) | {"findings": [f._asdict() for f in result.findings]}
                for result in self.results
            ],
        }
