"""Statistics as Polars expressions: ``import poet.stats.polars`` gives every expression ``.poet``.

Each compares what the expression holds with a reference that was fitted before, and gives one
struct: in ``select`` one row, in ``group_by``, ``group_by_dynamic`` and ``rolling`` one a group, in
``over`` the group's on each of its rows; in eager and lazy frames. A window goes to Rust without a
copy where Polars holds it as float64, int64, text or codes.

Polars calls Python once a group, in one thread. For all columns of a frame, ``drift`` is faster.

Example:
    >>> import polars as pl
    >>> import poet.stats.polars
    >>> profile = poet.stats.Profile.fit(range(100))
    >>> days = pl.DataFrame({"day": ["Mon"] * 50 + ["Tue"] * 50, "x": [*range(50), *range(0, 100, 2)]})
    >>> found = days.group_by("day", maintain_order=True).agg(
    ...     pl.col("x").poet.ks(profile).struct.unnest()
    ... )
    >>> found.select("day", "statistic", "status").rows()
    [('Mon', 0.5, 'ok'), ('Tue', 0.01, 'ok')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from poet import _native
from poet.errors import StatsInputError
from poet.stats._columns import native_column
from poet.stats._inputs import check_bins, check_min_size
from poet.stats._insufficient import all_rare, is_all_rare, too_few
from poet.stats._ks import check_test
from poet.stats._profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet._native import _Compared as Compared

__all__ = ["PoetExpressions"]

_SIZE: dict[str, Any] = dict.fromkeys(("n_current", "null_current", "nan_current"), pl.UInt64)
_NUMBERS = ("statistic", "p_value", "effect_size")
_REST: dict[str, Any] = {"status": pl.String, **_SIZE, "message": pl.String}
_TEST = pl.Struct({**dict.fromkeys(_NUMBERS, pl.Float64), **_REST})
_DISTANCE = pl.Struct({"distance": pl.Float64, **_REST})
# Where the distances stand in the native tuple of counts.
_KL, _JS, _PSI = 0, 1, 2


@pl.api.register_expr_namespace("poet")
class PoetExpressions:
    """What ``pl.col("x").poet`` offers.

    The profile is a `Profile`, also one of a `FrameProfile`, or a column that is fitted when the
    expression is built. The structs hold how many values, nulls and NaN there were. With fewer than
    `min_size` values on a side, and where chi-square has nothing left to compare, they hold NaN, the
    status ``"insufficient_data"`` and the reason in ``message``, which is null else. A window that
    cannot be compared, such as text with numbers, is an error.
    """

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def ks(self, profile: object, *, alpha: float | None = None, min_size: int = 20) -> pl.Expr:
        """Give the exact two-sample Kolmogorov-Smirnov test of numbers or times, two-sided.

        Args:
            profile: The reference.
            alpha: A decision level: a p-value near it is computed so precisely that it falls on the
                right side.
            min_size: With fewer values than this on either side there is no result.

        Returns:
            A struct of ``statistic``, ``p_value``, ``effect_size`` (the statistic), ``status``,
            ``n_current``, ``null_current``, ``nan_current``, ``message``.
        """

        def read(found: Compared) -> dict[str, Any] | None:
            ks = found[1]
            if ks is None:
                return None
            return {"statistic": ks[0], "p_value": ks[1], "effect_size": ks[0]}

        reference = _profile(profile)
        if reference.kind == "categories":
            raise StatsInputError(
                "the profile holds categories",
                where="profile",
                hint="use .poet.chi_square, .psi, .kl or .js",
            )
        level = check_test("two-sided", "auto", alpha)
        asked = {"ks": True, "level": level, "bins": 0, "min_size": min_size}
        return self._compared(reference, asked, _TEST, read)

    def chi_square(
        self, profile: object, *, bins: int = 10, min_expected: float = 5.0, min_size: int = 20
    ) -> pl.Expr:
        """Give Pearson's chi-square test of categories, or of numbers in quantile bins.

        Args:
            profile: The reference.
            bins: Quantile bins of numbers and times.
            min_expected: Categories that are expected less often are merged.
            min_size: With fewer values than this on either side there is no result.

        Returns:
            A struct as of `ks`, with Cramer's V as ``effect_size``.
        """

        def read(found: Compared) -> dict[str, Any] | None:
            counts = found[2]
            if counts is None or is_all_rare(counts):
                return None
            return {"statistic": counts[5], "p_value": counts[6], "effect_size": counts[8]}

        asked = {"bins": bins, "min_expected": min_expected, "min_size": min_size}
        return self._compared(_profile(profile), asked, _TEST, read)

    def psi(
        self, profile: object, *, bins: int = 10, pseudo_count: float = 0.5, min_size: int = 20
    ) -> pl.Expr:
        """Give the population stability index, in nats.

        Args:
            profile: The reference.
            bins: Quantile bins of numbers and times.
            pseudo_count: Added to every count.
            min_size: With fewer values than this on either side there is no result.

        Returns:
            A struct of ``distance``, ``status``, ``n_current``, ``null_current``, ``nan_current``,
            ``message``.
        """
        asked = {"bins": bins, "pseudo_count": pseudo_count, "min_size": min_size}
        return self._distance(profile, asked, _PSI)

    def kl(
        self, profile: object, *, bins: int = 10, pseudo_count: float = 0.5, min_size: int = 20
    ) -> pl.Expr:
        """Give the Kullback-Leibler divergence, current from reference, in nats; as `psi`."""
        asked = {"bins": bins, "pseudo_count": pseudo_count, "min_size": min_size}
        return self._distance(profile, asked, _KL)

    def js(self, profile: object, *, bins: int = 10, min_size: int = 20) -> pl.Expr:
        """Give the Jensen-Shannon divergence, in nats from 0 to ln 2; as `psi`."""
        return self._distance(profile, {"bins": bins, "min_size": min_size}, _JS)

    def _distance(self, profile: object, asked: dict[str, Any], place: int) -> pl.Expr:
        def read(found: Compared) -> dict[str, Any] | None:
            counts = found[2]
            return None if counts is None else {"distance": counts[place]}

        return self._compared(_profile(profile), asked, _DISTANCE, read)

    def _compared(
        self,
        profile: _native.ColumnProfile,
        asked: dict[str, Any],
        dtype: pl.Struct,
        read: Callable[[Compared], dict[str, Any] | None],
    ) -> pl.Expr:
        check_min_size(asked["min_size"])
        if not asked.get("ks"):
            check_bins(asked["bins"])
        options: dict[str, Any] = {
            "ks": False,
            "level": None,
            "pseudo_count": 0.5,
            "min_expected": 5.0,
            "threads": 1,
            **asked,
        }
        absent = {name: float("nan") for name, kind in dtype.to_schema().items() if kind.is_float()}

        def compare(window: pl.Series) -> pl.Series:
            column = native_column(window, "current")
            found = _native.compare_columns([profile], [column], **options)[0]
            if isinstance(found, str):
                raise StatsInputError(
                    found, where="current", hint="cast it to the reference's type"
                )
            numbers = read(found)
            n, nulls, nan = found[0]
            message = None
            if numbers is None:
                few = too_few(n, profile.size[0], asked["min_size"])
                message = few or all_rare(found[2])
            row = {
                **(absent if numbers is None else numbers),
                "status": "insufficient_data" if numbers is None else "ok",
                "n_current": n,
                "null_current": nulls,
                "nan_current": nan,
                "message": message,
            }
            # Polars before 1.34 does not bring a plain dict to the promised type.
            return pl.Series([row], dtype=dtype)

        return self._expr.map_batches(compare, return_dtype=dtype, returns_scalar=True)


def _profile(profile: object) -> _native.ColumnProfile:
    return (profile if isinstance(profile, Profile) else Profile.fit(profile)).native
