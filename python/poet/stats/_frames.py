"""Reference frames, fitted once, and what is kept of windows of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet import _native
from poet.errors import StatsInputError
from poet.files import write_whole
from poet.stats._columns import native_column
from poet.stats._files import reading
from poet.stats._inputs import as_real, check_min_size, series_library, unusable
from poet.stats._ks import check_test
from poet.stats._profile import Profile
from poet.stats._streams import at_least
from poet.stats._survey import Survey, assembled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poet.files import StrPath

_FRAMES = "pass a Polars or pandas frame, a pyarrow Table, or a mapping of name to column"
# Rows of a batch of a lazy frame: large enough for full speed, small against memory.
BATCH_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class FrameProfile:
    """A reference frame, fitted once and compared with many windows.

    Each column of numbers or times is kept sorted, each of text, booleans or codes as counts per
    category. A column of another type is listed with the reason why it cannot be compared.

    Attributes:
        names: The columns in the order of the frame.
        profiles: Each column's profile, by its name.
        reasons: By the column's name, why it could not be fitted.

    Example:
        >>> import polars as pl
        >>> from poet.stats import FrameProfile, drift
        >>> profile = FrameProfile.fit(pl.DataFrame({"x": range(100), "city": ["Oslo"] * 100}))
        >>> profile.names
        ('x', 'city')
        >>> window = pl.DataFrame({"x": range(30, 130), "city": ["Oslo"] * 100})
        >>> drift(profile, window)["status"].to_list()
        ['drift', 'ok']
    """

    names: tuple[str, ...]
    profiles: dict[str, Profile]
    reasons: dict[str, str]

    @classmethod
    def fit(
        cls, frame: object, *, columns: str | Sequence[str] | None = None, threads: int = 0
    ) -> FrameProfile:
        """Fit every column, in parallel.

        Args:
            frame: A Polars frame (a lazy one is collected), a pandas frame, a pyarrow Table or
                RecordBatch, or a mapping of name to column.
            columns: The name or names to fit; all of them by default.
            threads: How many threads to take at most; 0 is one a core.

        Returns:
            The profile; a column that cannot be fitted is listed with its reason.

        Raises:
            StatsInputError: `frame` is no frame, or has no column of a name in `columns`.
        """
        at_least(threads, 0, "threads")
        wanted = column_names(columns)
        if is_lazy(frame):
            frame = frame.collect()  # type: ignore[attr-defined]  # a polars.LazyFrame
        taken = frame_columns(frame, "frame")
        if wanted is not None:
            unknown = [name for name in wanted if name not in taken]
            if unknown:
                raise StatsInputError(
                    f"no column {unknown[0]!r}", where="columns", hint=f"there are {list(taken)}"
                )
            taken = {name: taken[name] for name in wanted}
        natives = [_native_or_reason(column) for column in taken.values()]
        usable = [column for column in natives if not isinstance(column, str)]
        fitted = iter(_native.fit_columns(usable, threads))
        profiles, reasons = {}, {}
        for name, native in zip(taken, natives, strict=True):
            found = native if isinstance(native, str) else next(fitted)
            if isinstance(found, str):
                reasons[name] = found
            else:
                profiles[name] = Profile.of(found)
        return cls(tuple(taken), profiles, reasons)

    @classmethod
    def load(cls, path: StrPath) -> FrameProfile:
        """Read what `save` wrote.

        Raises:
            OSError: There is no such file, or it cannot be read.
            StatsInputError: Another file, a damaged one, or a profile without a column's name.
        """
        return cls.from_bytes(Path(path).read_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> FrameProfile:
        """Take up what `to_bytes` gave.

        Raises:
            StatsInputError: Other bytes, damaged ones, or a profile without a column's name.
        """
        with reading("data"):
            read = _native.profiles_from_bytes(data)
        profiles = {name: Profile.of(native) for name, native in read if name is not None}
        if len(profiles) != len(read):
            hint = "read a single profile with Profile.load or from_bytes"
            raise StatsInputError("profiles without names, or two of one", where="data", hint=hint)
        return cls(tuple(profiles), profiles, {})

    def save(self, path: StrPath) -> None:
        """Write an Arrow IPC file with a row for each column, whole or not at all.

        Columns that could not be fitted are left out.

        Raises:
            OSError: The folder is missing or not writable.
        """
        write_whole(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Give the bytes of that file; equal profiles give equal bytes."""
        natives = [profile.native for profile in self.profiles.values()]
        return _native.profiles_to_bytes(list(self.profiles), natives)

    def __getitem__(self, name: str) -> Profile:
        """Return the profile of the column of this name.

        Raises:
            StatsInputError: There is no such column, or it could not be fitted.
        """
        if name in self.profiles:
            return self.profiles[name]
        reason = self.reasons.get(name, f"there are {list(self.names)}")
        raise StatsInputError(f"no profile of column {name!r}", where=name, hint=reason)

    def counts(self, frame: object, *, threads: int = 0) -> FrameCounts:
        """Count a window; counts of several windows add with ``+``.

        Args:
            frame: As in `fit`; a lazy Polars frame and an iterator of frames are counted batch by
                batch, so that they may be larger than memory.
            threads: How many threads to take at most; 0 is one a core.

        Returns:
            The counts: of numbers and times about 12 bytes for every distinct reference value that
            the window shares and every gap between two of them that it has values in.

        Raises:
            StatsInputError: `frame` is no frame.
        """
        at_least(threads, 0, "threads")
        total: FrameCounts | None = None
        for batch in batches(frame, self.names):
            part = self._count(batch, threads)
            total = part if total is None else total.merged(part, threads)
        return FrameCounts(self, {}, {}) if total is None else total

    def survey(
        self,
        current: object,
        *,
        columns: str | Sequence[str] | None = None,
        alpha: float | None = None,
        min_size: int = 20,
        min_expected: float = 5.0,
        threads: int = 0,
    ) -> Survey:
        """Look at every column of a window once: tests, effects, range, missing and new values.

        Where `drift` decides, this gives the numbers that decisions are made of, in arrays.

        Args:
            current: As in `counts`, or the `FrameCounts` that this profile made. Rows and their
                counts give the same survey.
            columns: The name or names to look at; all of the reference by default.
            alpha: The level that p-values are held against, if any, alone or adjusted together
                with others: wherever it matters they are exact or upper bounds; see `Survey`.
            min_size: With fewer values than this on either side there is no test.
            min_expected: For chi-square: categories that are expected less often are merged.
            threads: How many threads to take at most; 0 is one a core.

        Returns:
            The survey; a column that cannot be compared is listed with its reason.

        Raises:
            StatsInputError: `current` is no frame, or counts against another profile, or an
                option is out of its range.

        Example:
            >>> from poet.stats import FrameProfile
            >>> profile = FrameProfile.fit({"x": range(100), "city": ["Oslo", "Rome"] * 50})
            >>> found = profile.survey({"x": range(30, 130), "city": ["Oslo", "Lima"] * 50})
            >>> found.names, found.statistic.round(1).tolist(), found.above.tolist()
            (('x', 'city'), [0.3, 100.0], [30, 0])
            >>> found.total_variation.tolist(), found.unseen_rows.tolist()
            ([nan, 0.5], [0, 50])
        """
        at_least(threads, 0, "threads")
        check_min_size(min_size)
        level = check_test("two-sided", "auto", alpha)
        if not 0 <= as_real(min_expected) < math.inf:
            hint = "pass a number that is not negative and finite"
            raise StatsInputError(
                f"min_expected is {min_expected!r}", where="min_expected", hint=hint
            )
        options: dict[str, Any] = {
            "min_size": min_size,
            "level": level,
            "min_expected": float(min_expected),
            "threads": threads,
        }
        named = column_names(columns)
        wanted = list(self.names) if named is None else named
        if is_batched(current):
            current = self.counts(current, threads=threads)
        if not isinstance(current, FrameCounts):
            known = [name for name in wanted if name in self.profiles]
            pairs, reasons = paired(self, known, frame_columns(current, "current"))
            names = [name for name, _, _ in pairs]
            found = _native.survey_columns(
                [profile for _, profile, _ in pairs], [column for _, _, column in pairs], **options
            )
            return assembled(self, wanted, names, found, reasons)
        if current.profile is not self:
            raise StatsInputError(
                "the counts were made against another profile",
                where="current",
                hint="pass the profile whose counts() made them",
            )
        names = [name for name in wanted if name in current.columns]
        found = _native.survey_counts([current.columns[name] for name in names], **options)
        absent = dict.fromkeys(wanted, "the column is missing in current")
        for name in names:
            del absent[name]
        return assembled(self, wanted, names, found, absent | current.reasons)

    def __add__(self, other: FrameProfile) -> FrameProfile:
        """Return the profile of both frames together: what `fit` gives for all rows.

        Parts of a reference may be fitted on several machines, saved, and added. A column that one
        of the two does not have, or that cannot be added, is listed with its reason.
        """
        if not isinstance(other, FrameProfile):
            return NotImplemented
        return self.merged(other)

    def __radd__(self, other: object) -> FrameProfile:
        # sum() starts at 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def merged(self, other: FrameProfile, threads: int = 0) -> FrameProfile:
        """Do what ``+`` does, on this many threads at most; 0 is one a core."""
        at_least(threads, 0, "threads")
        names = list(dict.fromkeys((*self.names, *other.names)))
        both = [name for name in names if name in self.profiles and name in other.profiles]
        merged = _native.merge_profiles(
            [self.profiles[name].native for name in both],
            [other.profiles[name].native for name in both],
            threads,
        )
        profiles = {}
        reasons = {**other.reasons, **self.reasons}
        for name, found in zip(both, merged, strict=True):
            if isinstance(found, str):
                reasons[name] = found
            else:
                profiles[name] = Profile.of(found)
        for name in names:
            if name not in profiles and name not in reasons:
                reasons[name] = "one part of the reference does not have the column"
        return FrameProfile(tuple(names), profiles, reasons)

    def _count(self, frame: object, threads: int) -> FrameCounts:
        taken = frame_columns(frame, "current")
        pairs, reasons = paired(self, self.names, taken)
        counted = _native.count_columns(
            [profile for _, profile, _ in pairs], [column for _, _, column in pairs], threads
        )
        counts = {}
        for (name, _, _), found in zip(pairs, counted, strict=True):
            if isinstance(found, str):
                reasons[name] = found
            else:
                counts[name] = found
        return FrameCounts(self, counts, reasons)


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """What is kept of one or more windows of a frame: all that a comparison needs.

    Attributes:
        profile: The profile that the windows were counted against.
        columns: Counts by the column's name.
        reasons: By the column's name, why it could not be counted.
    """

    profile: FrameProfile
    columns: dict[str, _native.ColumnCounts]
    reasons: dict[str, str]

    def __add__(self, other: FrameCounts) -> FrameCounts:
        """Return the counts of both windows together.

        Raises:
            StatsInputError: The other counts were made against another profile.
        """
        if not isinstance(other, FrameCounts):
            return NotImplemented
        return self.merged(other)

    def __radd__(self, other: object) -> FrameCounts:
        # sum() starts at 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def merged(self, other: FrameCounts, threads: int = 0) -> FrameCounts:
        """Do what ``+`` does, on this many threads at most; 0 is one a core."""
        if other.profile is not self.profile:
            raise StatsInputError(
                "the counts were made against another profile",
                where="other",
                hint="count all windows with one FrameProfile",
            )
        reasons = {**other.reasons, **self.reasons}
        names = [name for name in self.columns if name in other.columns]
        merged = _native.merge_column_counts(
            [self.columns[name] for name in names], [other.columns[name] for name in names], threads
        )
        columns = {}
        for name, found in zip(names, merged, strict=True):
            if isinstance(found, str):
                reasons[name] = found
            else:
                columns[name] = found
        return FrameCounts(self.profile, columns, reasons)


def paired(
    fitted: FrameProfile, names: Iterable[str], taken: Mapping[str, object]
) -> tuple[list[tuple[str, _native.ColumnProfile, _native.Column]], dict[str, str]]:
    """Bring fitted columns and those of a window together; name what cannot be compared."""
    pairs, reasons = [], {}
    for name in names:
        if name in fitted.reasons:
            reasons[name] = f"reference: {fitted.reasons[name]}"
        elif name not in taken:
            reasons[name] = "the column is missing in current"
        else:
            native = _native_or_reason(taken[name])
            if isinstance(native, str):
                reasons[name] = f"current: {native}"
            else:
                pairs.append((name, fitted.profiles[name].native, native))
    return pairs, reasons


def _native_or_reason(column: object) -> _native.Column | str:
    try:
        return native_column(column, "the column")
    except StatsInputError as error:
        return error.what


def column_names(columns: str | Iterable[str] | None) -> list[str] | None:
    """Return the names that were asked for, each once; a single string is one name.

    Raises:
        StatsInputError: Neither a name nor names.
    """
    if columns is None:
        return None
    try:
        names = [columns] if isinstance(columns, str) else list(columns)
    except TypeError:
        hint = 'pass a list such as ["age", "city"]'
        raise unusable(repr(columns), "columns", "the names of columns", hint) from None
    # Frames name their columns by text too.
    return list(dict.fromkeys(str(name) for name in names))


def frame_columns(frame: object, argument: str) -> dict[str, object]:
    """Return the columns of a frame by name; a name that occurs twice keeps its last column.

    Raises:
        StatsInputError: Not a frame.
    """
    source: Any = frame
    if isinstance(frame, Mapping):
        return {str(name): column for name, column in frame.items()}
    kind = type(frame).__name__
    root = type(frame).__module__.partition(".")[0]
    if root == "polars" and kind == "DataFrame":
        return {column.name: column for column in source.get_columns()}
    if root == "pandas" and kind == "DataFrame":
        return {str(name): column for name, column in source.items()}
    if root == "pyarrow" and hasattr(frame, "column_names"):
        return dict(zip(source.column_names, source.columns, strict=True))
    is_column = series_library(frame) is not None
    if not is_column and (
        hasattr(frame, "__arrow_c_stream__") or hasattr(frame, "__arrow_c_array__")
    ):
        import polars as pl

        other = pl.DataFrame(source)
        return {column.name: column for column in other.get_columns()}
    got = f"{type(frame).__module__}.{kind}"
    raise StatsInputError(f"{argument} must be a frame, got {got}", where=argument, hint=_FRAMES)


def is_lazy(frame: object) -> bool:
    """Tell whether this is a lazy Polars frame, without importing Polars."""
    kind = type(frame)
    return kind.__name__ == "LazyFrame" and kind.__module__.partition(".")[0] == "polars"


def is_batched(frame: object) -> bool:
    """Tell whether this comes in batches: a lazy Polars frame or an iterator of frames."""
    return is_lazy(frame) or isinstance(frame, Iterator)


def _slices(lazy: Any) -> Iterator[object]:
    import polars as pl

    rows = lazy.select(pl.len()).collect().item()
    for start in range(0, max(rows, 1), BATCH_ROWS):
        yield lazy.slice(start, BATCH_ROWS).collect(engine="streaming")


def batches(frame: Any, names: Sequence[str]) -> Iterable[object]:
    """Return the batches of a lazy frame or an iterator, or the frame itself as the only one."""
    if is_lazy(frame):
        schema = frame.collect_schema()
        lazy = frame.select([name for name in names if name in schema])
        if not hasattr(lazy, "collect_batches"):  # before Polars 1.34
            return _slices(lazy)
        # Without rows there is no batch, but there are columns.
        return chain(
            [lazy.clear().collect()],
            lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=False),
        )
    if isinstance(frame, Iterator):
        return frame
    return [frame]
