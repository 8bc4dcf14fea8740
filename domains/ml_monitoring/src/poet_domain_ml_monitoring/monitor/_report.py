"""The report of one check."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError
from poet_domain_ml_monitoring.monitor._rows import Rows
from poet_domain_ml_monitoring.results import COLUMNS, FeatureResult, Finding, Problem, Sampling

if TYPE_CHECKING:
    import polars as pl

    from poet.stats import FrameCounts, FrameProfile

__all__ = ["Report"]

_VERSION = 1
# Features and problems that the text of a report names.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        results: Each feature, in the order of the reference, new ones last; a sequence that makes
            each when it is looked at.
        problems: What is wrong with the data themselves.
        rows_current: Rows of the window.
        rows_reference: Rows of the reference.
        safe_mode: Whether more than half of the features are new, so that nothing is called drift.
        sampling: How it was degraded to a time budget, None where every row was looked at.
        execution_id: What the report is known by: the running execution's id, else a hash of the
            content.
        began: Where the window begins, of streams with times.
        ended: The first instant after it.
        profile: The reference; not part of equality or of any output.
        window: Counts of the window, for charts; each column is counted when it is first asked
            for, and until then the window's rows are held. Not part of equality or of any output.
    """

    results: Sequence[FeatureResult]
    problems: tuple[Problem, ...] = ()
    rows_current: int = 0
    rows_reference: int = 0
    safe_mode: bool = False
    sampling: Sampling | None = None
    execution_id: str = ""
    began: datetime | None = None
    ended: datetime | None = None
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
        if isinstance(self.results, Rows):
            at = self.results.index_of(feature)
            if at is not None:
                return self.results[at]
            raise KeyError(feature)
        for result in self.results:
            if result.feature == feature:
                return result
        raise KeyError(feature)

    def of_status(self, *statuses: str, most: int | None = None) -> list[FeatureResult]:
        """Return the features of these statuses, the most severe and important first.

        Args:
            statuses: Which.
            most: How many at most; all of them by default.
        """
        if isinstance(self.results, Rows):
            return self.results.worst(statuses, most)
        found = [result for result in self.results if result.status in statuses]
        return sorted(found, key=lambda r: (-r.severity * r.importance, r.feature))[:most]

    @property
    def drifted(self) -> Sequence[FeatureResult]:
        """The features that drifted, the most severe and important first."""
        return self.of_status("drift")

    @property
    def counts(self) -> dict[str, int]:
        """How many features have each status."""
        statuses = ("drift", "warning", "ok", "insufficient_data", "error")
        if isinstance(self.results, Rows):
            return {status: len(self.results.where(status)) for status in statuses}
        found: list[str] = [result.status for result in self.results]
        return {status: found.count(status) for status in statuses}

    @property
    def drift_score(self) -> float:
        """How much of the importance has drifted, weighted by severity, from 0 to 1."""
        if isinstance(self.results, Rows):
            return self.results.score
        weights = sorted(result.importance for result in self.results)
        drifted = sorted(result.importance * result.severity for result in self.drifted)
        return sum(drifted) / sum(weights) if weights and sum(weights) else 0.0

    @property
    def drift_detected(self) -> bool:
        """Whether any feature drifted."""
        return self.counts["drift"] > 0

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each feature, with the columns of `results.COLUMNS`."""
        import polars as pl

        schema = {name: getattr(pl, dtype) for name, dtype in COLUMNS.items()}
        if isinstance(self.results, Rows):
            columns = self.results.columns()
            return pl.DataFrame({name: columns[name] for name in COLUMNS}, schema=schema)
        rows = [[getattr(result, name) for name in COLUMNS] for result in self.results]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same input; what is not a number is None."""
        names = [one.name for one in fields(FeatureResult)]
        return {
            "version": _VERSION,
            "execution_id": self.execution_id,
            "rows_current": self.rows_current,
            "rows_reference": self.rows_reference,
            "safe_mode": self.safe_mode,
            "drift_score": self.drift_score,
            "began": self.began.isoformat() if self.began else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "sampling": self.sampling._asdict() if self.sampling else None,
            "problems": [problem._asdict() for problem in self.problems],
            "features": [
                # All other fields are plain: nothing need be copied.
                {name: getattr(result, name) for name in names}
                | {"findings": [finding._asdict() for finding in result.findings]}
                for result in self.results
            ],
        }

    def to_json(self) -> str:
        """Return JSON text, the same bytes for the same input."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Take up what `to_dict` gave; the profile and the window are not part of it.

        Raises:
            StatsInputError: Other or damaged data, or that of a newer version.
        """
        hint = "pass what Report.to_dict() or to_json() gave"
        version = dict(data).get("version") if hasattr(data, "keys") else None
        if version != _VERSION:
            what = f"a report of version {version!r}, not {_VERSION}"
            raise StatsInputError(what, where="data", hint=hint)
        names = [one.name for one in fields(FeatureResult)]
        try:
            results = tuple(
                FeatureResult(**{
                    **{name: row[name] for name in names},
                    "findings": tuple(Finding(**found) for found in row["findings"]),
                })
                for row in data["features"]
            )  # fmt: skip
            return cls(
                results=results,
                problems=tuple(Problem(**problem) for problem in data["problems"]),
                rows_current=int(data["rows_current"]),
                rows_reference=int(data["rows_reference"]),
                safe_mode=bool(data["safe_mode"]),
                sampling=Sampling(**data["sampling"]) if data["sampling"] else None,
                execution_id=str(data["execution_id"]),
                began=_moment(data["began"]),
                ended=_moment(data["ended"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"the report is damaged: {type(error).__name__}: {error}"
            raise StatsInputError(what, where="data", hint=hint) from None

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Take up what `to_json` gave.

        Raises:
            StatsInputError: Other or damaged text.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            hint = "pass what Report.to_json() gave"
            raise StatsInputError(f"no JSON: {error}", where="text", hint=hint) from None
        return cls.from_dict(data)

    def __str__(self) -> str:
        """Say what was found, the gravest first."""
        counts = self.counts
        drifted, n, m = _features(counts["drift"]), self.rows_current, self.rows_reference
        lines = [f"{drifted} of {len(self):,} drifted, {counts['warning']:,} with a warning"]
        lines[0] += f"; {n:,} rows against {m:,}"
        left = [f"{counts[s]:,} {w}" for s, w in _LEFT.items() if counts[s]]
        if left:
            lines[0] += f"; {', '.join(left)}"
        if self.safe_mode:
            lines.append("safe mode: more than half of the features are new, nothing is drift")
        if self.sampling:
            lines.append(f"sampled: {self.sampling.reason}")
        # What is wrong with the data is told once.
        told = {problem.feature for problem in self.problems if problem.kind != "infinite"}
        for status, word in _WORDS.items():
            found = [
                r for r in self.of_status(status) if status != "error" or r.feature not in told
            ]
            lines += [f"  {word:<10} {r.feature}: {r.reason}" for r in found[:_MOST]]
            if len(found) > _MOST:
                lines.append(f"  {word:<10} and {len(found) - _MOST:,} more")
        lines += [f"  problem    {problem.detail}" for problem in self.problems[:_MOST]]
        if len(self.problems) > _MOST:
            lines.append(f"  problem    and {len(self.problems) - _MOST:,} more")
        return "\n".join(lines)


_WORDS = {
    "drift": "drift", "warning": "warning", "error": "error", "insufficient_data": "too little",
}  # fmt: skip
_LEFT = {"insufficient_data": "with too little data", "error": "could not be compared"}


def _features(number: int) -> str:
    return f"{number:,} feature" if number == 1 else f"{number:,} features"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
