"""Features that appear after the reference was fitted: found, warmed up, watched with care."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring._dtypes import dtype_name
from poet_domain_ml_monitoring._emit import Emit, emit_event, tell
from poet_domain_ml_monitoring._frames import as_series, columns
from poet_domain_ml_monitoring.config import MonitorConfig, Thresholds

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FeatureRegistry"]

_VERSION = 1


@dataclass(slots=True)
class _Late:
    """A feature that came later.

    Attributes:
        since: The window it was first seen in, counted from 1.
        dtype: Its type then.
        seen: Rows seen that have a value.
        kept: The first of them, as many as a reference needs; None for what Polars cannot hold.
        ready: Whether `kept` is enough.
    """

    since: int
    dtype: str
    seen: int
    kept: pl.Series | None
    ready: bool


class FeatureRegistry:
    """Keeps account of which features are known, and makes references of those that come later.

    A new feature has no reference: its first rows become one. Until there are `warm_up` of them it
    is *new* and nothing is said of it; then it is *known*, and its first rows are in `references`.
    It is still held to stricter thresholds until `settled` rows of it went by, since the reference
    is small and of one time. Where more than half of a window's features are new the frame is
    another one than the reference, and the registry is in safe mode.

    Attributes:
        windows: Windows observed.
        safe_mode: Whether more than half of the last window's features were new.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import silent
        >>> registry = FeatureRegistry(["age"], warm_up=50, emit=silent)
        >>> window = pl.DataFrame({"age": range(40), "score": range(40)})
        >>> registry.observe(window.columns, window)
        (['age'], ['score'])
        >>> registry.observe(window.columns, window)
        (['age', 'score'], [])
        >>> len(registry.references["score"])
        50
    """

    def __init__(
        self,
        known: Iterable[str],
        *,
        warm_up: int = 1_000,
        settled: int | None = None,
        emit: Emit = emit_event,
    ) -> None:
        """Start from the features of a reference.

        Args:
            known: The features that the reference has.
            warm_up: Rows with a value that make the reference of a new feature.
            settled: Rows after which it is held to the ordinary thresholds; ten times `warm_up` by
                default.
            emit: Where the event ``feature.discovery`` goes.

        Raises:
            ConfigError: A number of rows that is none.
        """
        settled = 10 * warm_up if settled is None else settled
        numbers: tuple[tuple[str, object, int], ...] = (
            ("warm_up", warm_up, 1),
            ("settled", settled, warm_up),
        )
        for name, value, least in numbers:
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                hint = f"pass a whole number of at least {least}"
                raise ConfigError(f"{name} is {value!r}", where=name, hint=hint)
        self._known = dict.fromkeys(str(name) for name in known)
        self._late: dict[str, _Late] = {}
        self._emit = emit
        self.warm_up = warm_up
        self.settled = settled
        self.windows = 0
        self.safe_mode = False

    def observe(
        self, names: Collection[str], frame: Any, *, execution_id: str | None = None
    ) -> tuple[list[str], list[str]]:
        """Take note of a window, and emit one ``feature.discovery`` for all that is seen first.

        Args:
            names: The features of the window.
            frame: The window; only columns of features that are not known yet are read.
            execution_id: The check this belongs to, for the event.

        Returns:
            Features that can be compared, with the reference or with their own first rows, and
            those that cannot yet; both in the order of `names`.

        Raises:
            StatsInputError: `frame` is no frame.
        """
        self.windows += 1
        unknown = [name for name in names if name not in self._known]
        first: dict[str, str] = {}
        if unknown:
            taken = columns(frame, "current")
            for name in unknown:
                if name not in taken:
                    continue
                if name not in self._late:
                    first[name] = dtype_name(taken[name])
                    self._late[name] = _Late(self.windows, first[name], 0, None, False)
                self._collect(self._late[name], taken[name])
        ready = {name for name in unknown if name in self._late and self._late[name].ready}
        new = [name for name in unknown if name not in ready]
        self.safe_mode = 2 * len(new) > len(names)
        if first:
            tell(self._emit, "feature.discovery", {
                "features": list(first), "dtypes": first, "window": self.windows,
                "warm_up_rows": self.warm_up, "safe_mode": self.safe_mode,
                "execution_id": execution_id,
            })  # fmt: skip
        return [name for name in names if name in self._known or name in ready], new

    def _collect(self, late: _Late, column: Any) -> None:
        if late.ready:
            late.seen += len(column) - _nulls(column)
            return
        try:
            values = as_series(column).drop_nulls()
            if values.dtype.is_float():
                values = values.drop_nans()
            elif str(values.dtype) == "Object":
                return  # no file holds objects
            if late.kept is not None and len(late.kept):
                values = values.cast(late.kept.dtype)
                if values.dtype != late.kept.dtype:
                    return  # empty lists first: Polars leaves later ones as they are
        except Exception:  # noqa: BLE001 - a column that cannot be held is never ready
            return
        late.seen += len(values)
        if not len(values):
            return
        kept = values if late.kept is None else late.kept.append(values)
        late.kept = kept.head(self.warm_up).rechunk()
        late.ready = len(late.kept) >= self.warm_up

    @property
    def references(self) -> dict[str, pl.Series]:
        """By feature that came later and is known by now: its first rows, what it is compared with."""
        return {
            name: late.kept.alias(name)
            for name, late in self._late.items()
            if late.ready and late.kept is not None
        }

    @property
    def warming_up(self) -> dict[str, int]:
        """By feature that is still new: the rows seen of it."""
        return {name: late.seen for name, late in self._late.items() if not late.ready}

    def is_new(self, feature: str) -> bool:
        """Tell whether a feature came after the reference."""
        return feature in self._late

    def thresholds_for(self, feature: str, config: MonitorConfig) -> Thresholds:
        """Return what a feature is held to: of late ones, until they have settled, stricter.

        Then a p-value must be ten times smaller and every change twice as large to count, and there
        must be five times as many values. What `config.features` says of the feature goes first.
        """
        usual = config.of(feature)
        late = self._late.get(feature)
        if late is None or feature in config.features or late.seen >= self.settled:
            return usual
        return replace(
            usual,
            alpha=usual.alpha / 10,
            min_effect=min(2 * usual.min_effect, 1.0),
            min_outside=min(2 * usual.min_outside, 1.0),
            min_unseen=min(2 * usual.min_unseen, 1.0),
            min_missing=min(2 * usual.min_missing, 1.0),
            min_samples=5 * usual.min_samples,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data; the rows kept are Arrow IPC in base64, at most `warm_up` each."""
        return {
            "version": _VERSION,
            "known": list(self._known),
            "warm_up": self.warm_up,
            "settled": self.settled,
            "windows": self.windows,
            "safe_mode": self.safe_mode,
            "late": {
                name: {
                    "since": late.since, "dtype": late.dtype, "seen": late.seen,
                    "kept": None if late.kept is None else _to_text(late.kept),
                }
                for name, late in self._late.items()
            },
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, emit: Emit = emit_event) -> FeatureRegistry:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Other or damaged data, or that of a newer version.
        """
        hint = "fit the monitor again, or take the file from a backup"
        if data.get("version") != _VERSION:
            what = f"a registry of version {data.get('version')!r}, not {_VERSION}"
            raise StatsInputError(what, where="registry", hint=hint)
        try:
            registry = cls(
                data["known"], warm_up=data["warm_up"], settled=data["settled"], emit=emit
            )
            registry.windows = int(data["windows"])
            registry.safe_mode = bool(data["safe_mode"])
            for name, late in data["late"].items():
                kept = None if late["kept"] is None else _from_text(late["kept"])
                ready = kept is not None and len(kept) >= registry.warm_up
                registry._late[name] = _Late(
                    int(late["since"]), str(late["dtype"]), int(late["seen"]), kept, ready
                )
        except Exception as error:  # noqa: BLE001 - damage shows as an error of any kind
            what = f"the registry is damaged: {type(error).__name__}: {error}"
            raise StatsInputError(what, where="registry", hint=hint) from None
        return registry


def _nulls(column: Any) -> int:
    if hasattr(column, "null_count"):
        count = column.null_count
        return int(count() if callable(count) else count)
    return int(column.isna().sum()) if hasattr(column, "isna") else 0


def _to_text(series: pl.Series) -> str:
    buffer = io.BytesIO()
    series.alias("kept").to_frame().write_ipc(buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _from_text(text: str) -> pl.Series:
    import polars as pl

    return pl.read_ipc(io.BytesIO(base64.b64decode(text, validate=True)))["kept"]
