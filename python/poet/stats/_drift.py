"""Which columns of a frame have drifted: every column against its reference in one call."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from poet import _native
from poet.errors import StatsInputError, nearest
from poet.stats._columns import dtype_of
from poet.stats._frames import (
    FrameCounts,
    FrameProfile,
    column_names,
    frame_columns,
    is_batched,
    paired,
)
from poet.stats._inputs import check_bins, check_min_size
from poet.stats._insufficient import all_rare, is_all_rare, too_few
from poet.stats._multiple_testing import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from poet._native import _Compared as Compared

Adjust: TypeAlias = Literal["benjamini-hochberg"]


@dataclass(frozen=True, slots=True)
class _Method:
    """How a method's numbers are read.

    Attributes:
        kinds: The kinds of columns it applies to.
        threshold: Distances from here on are drift; None where the p-value decides.
        warning: Distances from here on are a warning.
    """

    kinds: frozenset[str]
    threshold: float | None
    warning: float | None


_ORDERED = frozenset({"numbers", "times"})
_ALL = _ORDERED | {"categories"}

# For small shifts PSI is about twice KL and eight times JS and the square of Hellinger: the same
# shift reaches the limits of all of them, which are those usual for PSI (Siddiqi, 2006).
METHODS = {
    "ks": _Method(_ORDERED, None, None),
    "chi_square": _Method(_ALL, None, None),
    "psi": _Method(_ALL, 0.25, 0.1),
    "kl": _Method(_ALL, 0.125, 0.05),
    "js": _Method(_ALL, 0.25 / 8, 0.1 / 8),
    "hellinger": _Method(_ALL, math.sqrt(0.25 / 8), math.sqrt(0.1 / 8)),
}
_AUTO = {"numbers": ("ks",), "times": ("ks",), "categories": ("chi_square",), "nulls": ()}


@dataclass(frozen=True, slots=True)
class Options:
    """The checked options of `drift`."""

    methods: tuple[str, ...] | None
    alpha: float
    thresholds: Mapping[str, float]
    min_effect: float
    min_size: int
    bins: int
    pseudo_count: float
    min_expected: float
    adjust: Adjust | None
    threads: int

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Return the methods for a kind of column."""
        if self.methods is None:
            return _AUTO[kind]
        return tuple(name for name in self.methods if kind in METHODS[name].kinds)

    def asked(self) -> dict[str, Any]:
        """Return the keyword arguments of the native comparison."""
        methods = ("ks",) if self.methods is None else self.methods
        return {
            "min_size": self.min_size,
            "ks": "ks" in methods,
            "level": None if self.adjust else self.alpha,
            "bins": self.bins if set(methods) - {"ks"} else 0,
            "pseudo_count": self.pseudo_count,
            "min_expected": self.min_expected,
            "threads": self.threads,
        }


def drift(
    reference: object,
    current: object,
    *,
    methods: str | Sequence[str] = "auto",
    alpha: float = 0.05,
    thresholds: Mapping[str, float] | None = None,
    min_effect: float = 0.0,
    adjust: Adjust | None = None,
    columns: str | Sequence[str] | None = None,
    min_size: int = 20,
    bins: int = 10,
    pseudo_count: float = 0.5,
    min_expected: float = 5.0,
    threads: int = 0,
) -> pl.DataFrame:
    """Compare every column of a frame with its reference: ``drift(reference, current)``.

    What is kept goes first; all functions of two columns have it the other way round.

    Columns are paired by name; what `current` has beyond the reference is not looked at. All of them
    are compared in one call into Rust, in parallel; the result is the same for any number of
    threads, and for the same rows in any number of chunks or batches.

    - ``"ks"`` (numbers, times): the exact two-sample Kolmogorov-Smirnov test, two-sided.
    - ``"chi_square"`` (all): Pearson's test of homogeneity, categories that are expected fewer than
      `min_expected` times merged; its effect size is Cramer's V. Where that leaves one of several
      categories, as of identifiers, there is nothing to compare.
    - ``"psi"``, ``"kl"``, ``"js"``, ``"hellinger"`` (all): distances of the shares, in nats but for
      Hellinger's; ``"psi"`` and ``"kl"`` (current from reference) with `pseudo_count`.

    Numbers and times are cut into `bins` quantile bins of the reference for all but ``"ks"``, in
    which a value that alone is ``1 / bins`` of the reference or more has a bin of its own; with no
    more distinct reference values than that, each is a bin, and so is each gap between two. A
    category that the reference does not have is one with the count 0 there.

    The status is ``"drift"`` where the p-value is below `alpha` and the effect size at least
    `min_effect`, or the distance at least the threshold; ``"warning"`` where the p-value is below
    `alpha` but the effect is too small or the adjusted p-value is not, or the distance is at least
    two fifths of the threshold (PSI 0.1 of 0.25; for Hellinger, which goes with the root, 0.63);
    ``"insufficient_data"`` with fewer than `min_size` values on a side, or where chi-square has
    nothing to compare; ``"error"`` where a column cannot be compared; else ``"ok"``. ``message``
    gives the reason where there is no result.

    Args:
        reference: A frame or a `FrameProfile`, which spares sorting it again.
        current: A frame: Polars, pandas, a pyarrow Table or RecordBatch, or a mapping of name to
            column. A lazy Polars frame (as of ``pl.scan_parquet``) and an iterator of frames are
            counted batch by batch and may be larger than memory. Also the `FrameCounts` that the
            profile made of one or more windows.
        methods: ``"auto"`` (KS for numbers and times, chi-square for categories), or one or more
            of the above; each column gets those that apply to it.
        alpha: P-values below it are drift; between 0 and 1.
        thresholds: By method, the distance from which on it is drift, instead of psi 0.25, kl
            0.125, js 0.03125, hellinger 0.177.
        min_effect: Effect sizes below it are no drift, however small the p-value.
        adjust: ``"benjamini-hochberg"`` compares p-values adjusted for their number with `alpha`, so
            that on average at most that share of the alarms is false.
        columns: The name or names to compare; all of the reference by default.
        min_size: With fewer values than this on either side there is no result.
        bins: Quantile bins of numbers and times, from 2 to 1,000,000.
        pseudo_count: Added to every count for ``"psi"`` and ``"kl"``.
        min_expected: Smallest expected count of the chi-square test.
        threads: How many threads to take at most; 0 is one a core.

    Returns:
        One row per column and method: ``column``, ``dtype`` (of current; null where it came in
            batches or counts), ``kind`` (numbers, times, categories, nulls),
            ``method``, ``statistic``, ``p_value``, ``p_adjusted``, ``distance``,
            ``effect_size`` (KS: the statistic itself; chi-square: Cramer's V),
            ``threshold``, ``status``, ``drift_detected`` (null where there is no
            result), ``n_current``, ``n_reference``, ``null_current``,
            ``null_reference``, ``nan_current``, ``nan_reference`` and ``message``. What
            a method does not give is null.

    Raises:
        StatsInputError: No frame, an unknown method, or an option out of its range. A column that
            cannot be compared is never an error, but a row with the status ``"error"``.

    Example:
        >>> import polars as pl
        >>> from poet.stats import drift
        >>> reference = pl.DataFrame({"age": range(20, 70), "city": ["Oslo", "Rome"] * 25})
        >>> current = pl.DataFrame({"age": range(35, 85), "city": ["Oslo", "Rome"] * 25})
        >>> drift(reference, current).select("column", "method", "statistic", "status").rows()
        [('age', 'ks', 0.3, 'drift'), ('city', 'chi_square', 0.0, 'ok')]
    """
    options = _checked(
        methods=methods,
        alpha=alpha,
        thresholds=thresholds,
        min_effect=min_effect,
        adjust=adjust,
        min_size=min_size,
        bins=bins,
        pseudo_count=pseudo_count,
        min_expected=min_expected,
        threads=threads,
    )
    if isinstance(current, FrameProfile):
        raise StatsInputError(
            "current is a FrameProfile; the profile goes first",
            where="current",
            hint="call drift(profile, window), or name the arguments: reference=, current=",
        )
    named = column_names(columns)
    if isinstance(reference, FrameProfile):
        profile = reference
    else:
        known = None
        if named is not None and not is_batched(reference):
            present = frame_columns(reference, "reference")
            known = [name for name in named if name in present]
        profile = FrameProfile.fit(reference, columns=known, threads=options.threads)
    wanted: Sequence[str] = profile.names if named is None else named
    if isinstance(current, FrameCounts):
        compared, reasons, dtypes = _from_counts(profile, current, wanted, options)
    elif is_batched(current):
        counts = profile.counts(current, threads=options.threads)
        compared, reasons, dtypes = _from_counts(profile, counts, wanted, options)
    else:
        compared, reasons, dtypes = _from_frame(profile, current, wanted, options)
    return _report(profile, wanted, compared, reasons, dtypes, options)


def _from_frame(
    profile: FrameProfile, current: object, wanted: Iterable[str], options: Options
) -> tuple[dict[str, Compared], dict[str, str], dict[str, str]]:
    taken = frame_columns(current, "current")
    pairs, reasons = paired(profile, [name for name in wanted if name in profile.names], taken)
    found = _native.compare_columns(
        [reference for _, reference, _ in pairs],
        [column for _, _, column in pairs],
        **options.asked(),
    )
    compared = _sorted_out([name for name, _, _ in pairs], found, reasons)
    return compared, reasons, {name: dtype_of(taken[name]) for name in wanted if name in taken}


def _from_counts(
    profile: FrameProfile, counts: FrameCounts, wanted: Iterable[str], options: Options
) -> tuple[dict[str, Compared], dict[str, str], dict[str, str]]:
    if counts.profile is not profile:
        raise StatsInputError(
            "the counts were made against another profile",
            where="current",
            hint="pass the profile whose counts() made them",
        )
    names = [name for name in wanted if name in counts.columns]
    found = _native.compare_column_counts(
        [counts.columns[name] for name in names], **options.asked()
    )
    reasons = dict(counts.reasons)
    return _sorted_out(names, found, reasons), reasons, {}


def _sorted_out(
    names: Sequence[str], found: Sequence[Compared | str], reasons: dict[str, str]
) -> dict[str, Compared]:
    compared = {}
    for name, result in zip(names, found, strict=True):
        if isinstance(result, str):
            reasons[name] = result
        else:
            compared[name] = result
    return compared


def _report(
    profile: FrameProfile,
    wanted: Sequence[str],
    compared: Mapping[str, Compared],
    reasons: Mapping[str, str],
    dtypes: Mapping[str, str],
    options: Options,
) -> pl.DataFrame:
    import polars as pl

    rows: list[dict[str, Any]] = []
    for name in wanted:
        reference = profile.profiles.get(name)
        row: dict[str, Any] = dict.fromkeys(_SCHEMA)
        row.update(column=name, dtype=dtypes.get(name), status="error")
        if reference is None:
            reason = profile.reasons.get(name)
            rows.append(
                row | {"message": f"reference: {reason}" if reason else "not in the reference"}
            )
            continue
        kind = reference.kind
        row.update(
            kind=kind,
            n_reference=reference.n,
            null_reference=reference.null,
            nan_reference=reference.nan,
        )
        if name not in compared:
            rows.append(row | {"message": reasons.get(name, "the column is missing in current")})
            continue
        rows += _rows(row, kind, compared[name], options)
    _decide(rows, options)
    return pl.DataFrame(rows, schema={name: getattr(pl, dtype) for name, dtype in _SCHEMA.items()})


def _rows(
    row: dict[str, Any], kind: str, found: Compared, options: Options
) -> list[dict[str, Any]]:
    (n, nulls, nan), ks, counts = found
    row = row | {"n_current": n, "null_current": nulls, "nan_current": nan}
    names = options.of_kind(kind)
    few = too_few(n, row["n_reference"], options.min_size)
    if few is not None:
        row.update(status="insufficient_data", message=few)
        return [row | {"method": name} for name in names or (None,)]
    if not names:
        return [row | {"message": f"no method in {list(options.methods or ())} is for {kind}"}]
    rows = []
    for name in names:
        one = row | {"method": name, "status": "ok", "threshold": options.thresholds.get(name)}
        if name == "ks":
            assert ks is not None
            one.update(statistic=ks[0], p_value=ks[1], effect_size=ks[0])
        else:
            assert counts is not None
            kl, js, psi, hellinger, _, statistic, p_value, _, cramers_v, _ = counts
            if name == "chi_square" and is_all_rare(counts):
                one.update(status="insufficient_data", message=all_rare(counts))
            elif name == "chi_square":
                one.update(statistic=statistic, p_value=p_value, effect_size=cramers_v)
            else:
                distances = {"kl": kl, "js": js, "psi": psi, "hellinger": hellinger}
                one["distance"] = distances[name]
        if one["p_value"] is not None:
            one["threshold"] = options.alpha
        rows.append(one)
    return rows


def _decide(rows: list[dict[str, Any]], options: Options) -> None:
    tested = [row for row in rows if row["p_value"] is not None]
    if options.adjust:
        adjusted = benjamini_hochberg([row["p_value"] for row in tested]).p_adjusted
        for row, value in zip(tested, adjusted, strict=True):
            row["p_adjusted"] = float(value)
    for row in rows:
        if row["status"] == "ok":
            row["status"] = _status(row, options)
            row["drift_detected"] = row["status"] == "drift"


def _status(row: Mapping[str, Any], options: Options) -> str:
    if row["p_value"] is not None:
        p_value = row["p_value"] if row["p_adjusted"] is None else row["p_adjusted"]
        if p_value < options.alpha and row["effect_size"] >= options.min_effect:
            return "drift"
        return "warning" if row["p_value"] < options.alpha else "ok"
    method = METHODS[row["method"]]
    assert method.threshold is not None
    assert method.warning is not None
    if row["distance"] >= row["threshold"]:
        return "drift"
    warning = row["threshold"] * method.warning / method.threshold
    return "warning" if row["distance"] >= warning else "ok"


def _checked(
    *,
    methods: str | Sequence[str],
    thresholds: Mapping[str, float] | None,
    **options: Any,
) -> Options:
    names = _names(methods)
    limits = {name: m.threshold for name, m in METHODS.items() if m.threshold is not None}
    given: object = thresholds
    if not isinstance(given, Mapping | None):
        hint = f"pass a mapping of some of {list(limits)} to a distance"
        raise StatsInputError(f"thresholds is {thresholds!r}", where="thresholds", hint=hint)
    for name, value in (thresholds or {}).items():
        if name not in limits:
            hint = f"a distance is one of {list(limits)}; p-values are compared with alpha"
            raise StatsInputError(f"unknown method {name!r}", where="thresholds", hint=hint)
        _check(f"thresholds[{name!r}]", value, 0.0, math.inf)
        limits[name] = float(value)
    check_min_size(options["min_size"])
    _check("alpha", options["alpha"], 0.0, 1.0)
    if options["alpha"] in (0, 1):
        hint = "pass a number between 0 and 1; at 0 nothing is drift, and at 1 nearly everything"
        raise StatsInputError(f"alpha is {options['alpha']!r}", where="alpha", hint=hint)
    _check("min_effect", options["min_effect"], 0.0, 1.0)
    _check("pseudo_count", options["pseudo_count"], 0.0, math.inf)
    _check("min_expected", options["min_expected"], 0.0, math.inf)
    check_bins(options["bins"], 2)
    threads = options["threads"]
    if not isinstance(threads, int) or not 0 <= threads < 2**31:
        raise StatsInputError(
            f"threads is {threads!r}", where="threads", hint="pass an integer of at least 0"
        )
    if options["adjust"] not in (None, "benjamini-hochberg"):
        raise StatsInputError(
            f"unknown adjust {options['adjust']!r}",
            where="adjust",
            hint='use None or "benjamini-hochberg"',
        )
    return Options(methods=None if names == ("auto",) else names, thresholds=limits, **options)


def _names(methods: Any) -> tuple[str, ...]:
    is_list = isinstance(methods, Iterable) and not isinstance(methods, str)
    listed = list(methods) if is_list else [methods]
    for name in listed if listed != ["auto"] else ():
        if not (isinstance(name, str) and name in METHODS):
            hint = f"use {list(METHODS)} or 'auto'{nearest(str(name), list(METHODS))}"
            raise StatsInputError(f"unknown method {name!r}", where="methods", hint=hint)
    if not listed:
        raise StatsInputError("no method", where="methods", hint=f"use {list(METHODS)}")
    return tuple(dict.fromkeys(listed))


def _check(name: str, value: object, least: float, most: float) -> None:
    valid = isinstance(value, Real) and least <= float(value) <= most and value != math.inf
    if not valid:
        bounds = "not negative and finite" if most == math.inf else f"from {least:g} to {most:g}"
        raise StatsInputError(f"{name} is {value!r}", where=name, hint=f"pass a number {bounds}")


_SCHEMA = {
    "column": "String",
    "dtype": "String",
    "kind": "String",
    "method": "String",
    "statistic": "Float64",
    "p_value": "Float64",
    "p_adjusted": "Float64",
    "distance": "Float64",
    "effect_size": "Float64",
    "threshold": "Float64",
    "status": "String",
    "drift_detected": "Boolean",
    "n_current": "UInt64",
    "n_reference": "UInt64",
    "null_current": "UInt64",
    "null_reference": "UInt64",
    "nan_current": "UInt64",
    "nan_reference": "UInt64",
    "message": "String",
}
