"""What a monitor decides by: levels, smallest effects, sizes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

from poet.errors import ConfigError, nearest

__all__ = ["KINDS", "Kind", "MonitorConfig", "Thresholds"]

Kind: TypeAlias = Literal[
    "continuous", "discrete", "categorical", "boolean", "datetime", "text", "mixed", "constant",
    "sparse",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "continuous", "discrete", "categorical", "boolean", "datetime", "text", "mixed", "constant",
    "sparse",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What one feature is held to; a change is drift where it is improbable *and* large enough.

    Attributes:
        alpha: P-values below it, adjusted for the number of tests, are improbable by chance. Rows
            are seldom quite independent, and a change too small to matter is a change: at 0.005
            both together stay below one false alarm in a hundred reports.
        min_effect: Smallest change of a distribution that matters, from 0 to 1: of numbers and
            times Kuiper's V, the sum of the largest differences of the distribution functions either
            way; of categories the total variation distance beyond what chance gives. A normal
            feature reaches 0.06 by a shift of 0.15 or a scale of 1.13 standard deviations.
        min_outside: Smallest share of rows outside the reference's range that matters.
        min_unseen: Smallest share of rows in categories that the reference does not have.
        min_cardinality: Smallest change of the number of different categories, as a share of the
            larger number, that matters; looked at where the reference has more than 20.
        min_missing: Smallest change of the share of missing values that matters.
        min_samples: With fewer values than this on a side the status is ``insufficient_data``.
    """

    alpha: float = 0.005
    min_effect: float = 0.06
    min_outside: float = 0.005
    min_unseen: float = 0.01
    min_missing: float = 0.02
    min_cardinality: float = 0.2
    min_samples: int = 20

    def __post_init__(self) -> None:
        _check(self.alpha, "alpha", 0, 1, "above 0 and below 1", open_ends=True)
        for name in ("min_effect", "min_outside", "min_unseen", "min_missing", "min_cardinality"):
            _check(getattr(self, name), name, 0, 1, "above 0, at most 1")
        _check_whole(self.min_samples, "min_samples", 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorConfig:
    """How a monitor is set up.

    Attributes:
        thresholds: What every feature is held to.
        features: By feature, what it is held to instead.
        kinds: By feature, its kind, where the inferred one is wrong.
        importance: By feature, its weight in the drift score; 1 for all others.
        adjust: How p-values are adjusted for the number of tests; None for not at all.
        threads: How many threads to take at most; 0 is one a core.
        time_budget: Seconds a check should take at most; None for as long as it takes.
        reference_rows: Rows of the reference that are kept at most, evenly drawn from larger ones;
            None for all of a frame in memory, and of one that comes in batches for as many as make
            25 million values, but at least 100,000.
        warm_up: Rows with a value that a feature which comes later needs for a reference of its own.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    features: Mapping[str, Thresholds] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)
    adjust: Literal["benjamini-hochberg"] | None = "benjamini-hochberg"
    threads: int = 0
    time_budget: float | None = None
    reference_rows: int | None = None
    warm_up: int = 1_000

    def __post_init__(self) -> None:
        if not isinstance(self.thresholds, Thresholds):
            raise _wrong(self.thresholds, "thresholds", "pass Thresholds(…)")
        for name, held in self.features.items():
            if not isinstance(held, Thresholds):
                raise _wrong(held, f"features[{name!r}]", "pass Thresholds(…)")
        for name, kind in self.kinds.items():
            if kind not in KINDS:
                raise ConfigError(
                    f"{kind!r} is no kind{nearest(str(kind), list(KINDS))}",
                    where=f"kinds[{name!r}]", hint=f"the kinds are {', '.join(KINDS)}",
                )  # fmt: skip
        for name, weight in self.importance.items():
            _check(weight, f"importance[{name!r}]", -1, float("inf"), "finite and at least 0")
            if weight < 0:
                raise _wrong(weight, f"importance[{name!r}]", "pass a weight of at least 0")
        if self.adjust not in (None, "benjamini-hochberg"):
            raise _wrong(self.adjust, "adjust", 'pass "benjamini-hochberg" or None')
        _check_whole(self.threads, "threads", 0)
        _check_whole(self.warm_up, "warm_up", 1)
        if self.time_budget is not None:
            _check(self.time_budget, "time_budget", 0, float("inf"), "seconds above 0, or None")
        if self.reference_rows is not None:
            _check_whole(self.reference_rows, "reference_rows", 100)

    @classmethod
    def of_options(cls, config: MonitorConfig | None, options: Mapping[str, Any]) -> MonitorConfig:
        """Return a configuration with single options set, those of `Thresholds` among them.

        Raises:
            ConfigError: An unknown option, with the nearest name, or an impossible value.
        """
        config = config or cls()
        held = {one.name for one in fields(Thresholds)}
        known = {one.name for one in fields(cls)} | held
        for name in options:
            if name not in known:
                hint = f"there are {', '.join(sorted(known))}"
                raise ConfigError(
                    f"unknown option {name!r}{nearest(name, sorted(known))}", where=name, hint=hint
                )
        own = {name: value for name, value in options.items() if name not in held}
        limits = {name: value for name, value in options.items() if name in held}
        config = replace(config, **own)
        return replace(config, thresholds=replace(config.thresholds, **limits))

    def check_features(self, names: Collection[str]) -> None:
        """Refuse settings of features that there are not.

        Raises:
            ConfigError: With the nearest name.
        """
        for option in ("features", "kinds", "importance"):
            for name in getattr(self, option):
                if name not in names:
                    raise ConfigError(
                        f"there is no feature {name!r}{nearest(str(name), list(names))}",
                        where=option, hint="name a feature of the reference",
                    )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MonitorConfig:
        """Take up what `to_dict` gave.

        Raises:
            ConfigError: An impossible value.
        """
        limits = {name: Thresholds(**held) for name, held in data["features"].items()}
        return cls(**{**data, "thresholds": Thresholds(**data["thresholds"]), "features": limits})

    def of(self, feature: str) -> Thresholds:
        """Return what this feature is held to."""
        return self.features.get(feature, self.thresholds)


def _check(
    value: object, name: str, low: float, high: float, wanted: str, *, open_ends: bool = False
) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and low < value <= high and value < float("inf")) or (  # type: ignore[operator]
        open_ends and value == high
    ):
        raise _wrong(value, name, f"pass a number {wanted}")


def _check_whole(value: object, name: str, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _wrong(value, name, f"pass a whole number of at least {least}")


def _wrong(value: object, name: str, hint: str) -> ConfigError:
    return ConfigError(f"{name} is {value!r}", where=name, hint=hint)
