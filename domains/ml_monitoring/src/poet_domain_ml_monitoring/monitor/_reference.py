"""The reference as a monitor keeps it: profiles of what is compared, kinds, schema, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from poet.errors import ConfigError
from poet.stats import FrameProfile, Profile
from poet_domain_ml_monitoring._frames import columns
from poet_domain_ml_monitoring.config import Kind
from poet_domain_ml_monitoring.monitor._strays import Bounds, inner_bounds
from poet_domain_ml_monitoring.quality import BY_USER, Schema, derive, kinds_of, part_of

__all__ = ["LEVELS", "Reference"]

# What reasons say of numbers: the median, and what nine in ten values lie between.
LEVELS = (0.05, 0.5, 0.95)

# Kinds of numbers between which nothing is derived.
_AS_THEY_CAME = ("continuous", "discrete", "boolean", "constant")


@dataclass(frozen=True, slots=True)
class Reference:
    """A fitted reference frame.

    Attributes:
        profile: Profiles of what is compared: a column for each feature and for each part of one.
        schema: The columns as they came, and their types.
        kinds: By feature, what it holds and why it is taken for that; nested columns have none.
        rows: Rows fitted.
        of: Rows there were; more than `rows` where a large reference was thinned out.
    """

    profile: FrameProfile
    schema: Schema
    kinds: Mapping[str, tuple[Kind, str]]
    rows: int
    of: int
    _rare: dict[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)
    _levels: dict[str, tuple[list[float], list[float]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _bounds: list[dict[str, Bounds]] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def fit(
        cls, frame: Any, schema: Schema, overrides: Mapping[str, Kind], *, of: int, rows: int,
        threads: int = 0,
    ) -> Reference:  # fmt: skip
        """Fit every column; one that cannot be is listed with its reason.

        Raises:
            ConfigError: A kind that was set and that the column cannot be compared as.
        """
        taken = columns(frame, "reference")
        raw = FrameProfile.fit(taken, threads=threads)
        kinds = kinds_of(raw, schema.dtypes, overrides)
        made = derive(
            {name: taken[name] for name in kinds}, {name: kind for name, (kind, _) in kinds.items()}
        )
        _check_overrides(overrides, raw, schema, made.reasons)
        changed = {
            name: column
            for name, column in made.columns.items()
            if taken.get(name) is not column or name not in raw.profiles
        }
        again = FrameProfile.fit(changed, threads=threads) if changed else FrameProfile((), {}, {})
        profiles: dict[str, Profile] = {}
        reasons: dict[str, str] = {}
        parts: dict[str, list[str]] = {}
        for name in made.columns:
            parts.setdefault(part_of(name)[0], []).append(name)
        order: list[str] = []
        for feature in raw.names:
            for name in parts.get(feature, [feature]):
                order.append(name)
                source = again if name in changed else raw
                if name in made.columns and name in source.profiles:
                    profiles[name] = source.profiles[name]
                else:
                    reasons[name] = made.reasons.get(feature) or source.reasons.get(name, "")
        return cls(FrameProfile(tuple(order), profiles, reasons), schema, kinds, rows, of)

    @property
    def features(self) -> tuple[str, ...]:
        """The features in the order of the frame."""
        return tuple(self.schema.dtypes)

    def kind(self, feature: str) -> Kind | None:
        """Return what a feature holds, None of one that cannot be compared."""
        found = self.kinds.get(feature)
        return found[0] if found else None

    def rare(self, name: str) -> tuple[int, int]:
        """Return how many categories occur once in the reference, and how many twice."""
        if name not in self._rare:
            fitted = self.profile.profiles[name]
            counts = fitted.frequencies(at_most=2**31)
            once = twice = 0
            if counts is not None:
                once, twice = int((counts == 1).sum()), int((counts == 2).sum())
            self._rare[name] = (once, twice)
        return self._rare[name]

    def levels(self, name: str) -> tuple[list[float], list[float]]:
        """Return quantiles of numbers or times: at `LEVELS`, and a grid with the outermost values."""
        import numpy as np

        if name not in self._levels:
            fitted = self.profile.profiles[name]
            near = np.arange(1, 5) / max(fitted.n, 5)
            grid = np.concatenate([[0], near, np.linspace(0, 1, 65), 1 - near, [1]])
            found = fitted.quantiles(np.concatenate([LEVELS, np.sort(grid)])).tolist()
            self._levels[name] = (found[: len(LEVELS)], found[len(LEVELS) :])
        return self._levels[name]

    def bounds(self) -> dict[str, Bounds]:
        """Return the inner range of each column that has a stray value."""
        if not self._bounds:
            self._bounds.append(inner_bounds(self.profile))
        return self._bounds[0]

    def with_late(self, late: Sequence[Reference]) -> Reference:
        """Return this reference with features that came later."""
        if not late:
            return self
        names, profiles, reasons = self.profile.names, self.profile.profiles, self.profile.reasons
        dtypes, kinds = dict(self.schema.dtypes), dict(self.kinds)
        for one in late:
            names += one.profile.names
            profiles = profiles | one.profile.profiles
            reasons = reasons | one.profile.reasons
            dtypes |= one.schema.dtypes
            kinds |= one.kinds
        return replace(
            self, profile=FrameProfile(names, profiles, reasons),
            schema=self.schema._replace(dtypes=dtypes), kinds=kinds, _rare={}, _levels={}, _bounds=[],
        )  # fmt: skip

    def merged(self, other: Reference) -> Reference:
        """Return the reference that a fit of both frames would have given.

        A feature that the parts take for two kinds cannot be compared any more, and says so.

        Raises:
            ConfigError: The frames have different features.
        """
        if self.features != other.features:
            apart = sorted(set(self.features) ^ set(other.features))
            raise ConfigError(
                f"the references have different features: {', '.join(apart[:5]) or 'their order'}",
                where="other", hint="merge monitors that were fitted on parts of one table",
            )  # fmt: skip
        kinds = dict(self.kinds)
        ours, theirs = self.profile, other.profile
        broken: dict[str, str] = {}
        for feature in self.features:
            a, b = self.kinds.get(feature), other.kinds.get(feature)
            if a and b and a[0] != b[0]:
                if "constant" in (a[0], b[0]):
                    kinds[feature] = a if b[0] == "constant" else b
                    if _alike(ours, theirs, feature):
                        continue
                broken[feature] = (
                    f"the parts were taken for {a[0]} and {b[0]}; fit them with kinds={{{feature!r}: …}}"
                )
        both = ours + theirs
        names = [name for name in ours.names if name in theirs.names or part_of(name)[1] == ""]
        # Of columns that are compared as they came the kind follows from all rows.
        again = kinds_of(both, self.schema.dtypes)
        for name, (kind, why) in kinds.items():
            found = again.get(name, (None, ""))[0]
            # Numbers that only float64 can hold may have become one.
            if (
                kind in _AS_THEY_CAME
                and why != BY_USER
                and found in _AS_THEY_CAME
                and (found != "constant" or kind == "constant")
            ):
                kinds[name] = again[name]
        profiles = {n: p for n, p in both.profiles.items() if part_of(n)[0] not in broken}
        kept = tuple(n for n in names if n in profiles or part_of(n)[1] == "")
        reasons = {
            n: broken.get(n) or both.reasons.get(n, "it could not be fitted in every part")
            for n in kept
            if n not in profiles
        }
        return Reference(
            FrameProfile(kept, {n: profiles[n] for n in kept if n in profiles}, reasons),
            self.schema, kinds, self.rows + other.rows, self.of + other.of,
        )  # fmt: skip


def _alike(ours: FrameProfile, theirs: FrameProfile, name: str) -> bool:
    a, b = ours.profiles.get(name), theirs.profiles.get(name)
    return a is not None and b is not None and a.kind == b.kind


def _check_overrides(
    overrides: Mapping[str, Kind], raw: FrameProfile, schema: Schema, reasons: Mapping[str, str]
) -> None:
    for name, kind in overrides.items():
        fitted = raw.profiles.get(name)
        no_number = fitted is not None and fitted.kind == "categories"
        if name in reasons or (kind in ("continuous", "discrete") and no_number):
            raise ConfigError(
                f"{name!r} holds {schema.dtypes.get(name)} and cannot be compared as {kind}",
                where=f"kinds[{name!r}]", hint="convert the column first, or leave its kind out",
            )  # fmt: skip
