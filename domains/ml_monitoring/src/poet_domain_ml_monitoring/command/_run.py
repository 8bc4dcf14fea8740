"""What the command does between its arguments and its report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, PoetError, StatsInputError, nearest
from poet_domain_ml_monitoring.command._memory import available
from poet_domain_ml_monitoring.command._sources import NO_ROWS, Source, open_source, reading

if TYPE_CHECKING:
    import polars as pl

    from poet_domain_ml_monitoring.command._progress import Begin, Step
    from poet_domain_ml_monitoring.monitor import Batched, Monitor, Report
    from poet_domain_ml_monitoring.page import Distribution

__all__ = ["Done", "Job", "run"]

_NAMED = 8
_SHARE_OF_FREE = 0.3
_DOING = {"reference": "reading reference", "current": "checking current"}
_BYTES_FITTED = 40  # of a value of the reference: as it is kept, and what is counted against it
_BYTES_READ = 120  # of a value of a batch: some batches are on their way at once
_WIDER = 4  # times as much is a value of text
_GROUP_ROWS = 250_000  # of a row group of Parquet, which is read whole
_FEWEST_ROWS, _MOST_ROWS = 2_000, 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What was asked for.

    Attributes:
        current: Paths and patterns of the current rows.
        reference: Those of the reference; empty where there is a `state`.
        state: Path of a saved monitor.
        save: Where to keep the fitted monitor.
        columns: The columns to compare; all where empty.
        ignore: Columns to leave out.
        options: Options of the monitor, such as ``alpha``.
        memory: Bytes to take for data; None for half of what is free.
    """

    current: tuple[str, ...]
    reference: tuple[str, ...] = ()
    state: str | None = None
    save: str | None = None
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The report and what goes with it.

    Attributes:
        report: The report.
        title: What was checked.
        charts: How features lie, where the report does not keep it.
    """

    report: Report
    title: str
    charts: Mapping[str, Distribution] | None = None


def run(job: Job, begin: Begin) -> Done:
    """Read, compare, and say what was found.

    Raises:
        ConfigError: A path or a name of a column that there is not.
        StatsInputError: The data cannot be read or compared.
        PoetError: The state cannot be written.
    """
    current = open_source("current", job.current)
    memory = job.memory if job.memory is not None else int(available() * _SHARE_OF_FREE)
    if job.state is not None:
        monitor = _loaded(job)
        _check_names(job, monitor.features, current)
    else:
        monitor = _fitted(job, current, memory, begin)
    names = [
        name for name in current.schema
        if (name in job.columns or not job.columns) and name not in job.ignore
    ]  # fmt: skip
    if not any(name in names for name in monitor.features):
        raise StatsInputError(
            "reference and current have no column in common",
            where=f"reference: {_some(monitor.features)}; current: {_some(current.schema)}",
            hint="see whether both are files of the same model",
        )
    with reading("current", current.paths):
        report = monitor.check(_batched(current, names, memory, begin))
    if report.rows_current == 0:
        raise StatsInputError("the current files have no row", where=current.title, hint=NO_ROWS)
    if job.save is not None:
        _save(monitor, job.save)
    return Done(_with_thinning(report, monitor, job), current.title)


def _fitted(job: Job, current: Source, memory: int, begin: Begin) -> Monitor:
    from poet_domain_ml_monitoring.monitor import Monitor

    reference = open_source("reference", job.reference)
    _check_names(job, list(reference.schema), current)
    names = [
        name for name in reference.schema
        if (name in job.columns or not job.columns) and name not in job.ignore
    ]  # fmt: skip
    # As many rows as there is room for; fewer are drawn evenly, and the report says so.
    room = max(memory // (_BYTES_FITTED * max(len(names), 1)), _FEWEST_ROWS)
    with reading("reference", reference.paths):
        monitor = Monitor.fit(
            _batched(reference, names, memory, begin), reference_rows=room, **job.options
        )
    if monitor.rows == 0:
        raise StatsInputError(
            "the reference files have no row", where=reference.title, hint=NO_ROWS
        )
    return monitor


def _loaded(job: Job) -> Monitor:
    from poet_domain_ml_monitoring.config import MonitorConfig
    from poet_domain_ml_monitoring.monitor import Monitor

    path = Path(str(job.state))
    if not path.is_file():
        raise ConfigError(f"no file {path}", where="--state", hint="write one with --save")
    try:
        monitor = Monitor.load(path)
    except OSError as error:
        raise StatsInputError(
            f"{path} cannot be read: {error.strerror}", where="--state"
        ) from error
    monitor.config = MonitorConfig.of_options(monitor.config, job.options)
    return monitor


def _save(monitor: Monitor, path: str) -> None:
    try:
        monitor.save(path)
    except OSError as error:
        raise PoetError(
            f"{path} could not be written: {error.strerror}", hint="free space, or save elsewhere"
        ) from error


def _with_thinning(report: Report, monitor: Monitor, job: Job) -> Report:
    """Say where the reference was too large to be kept whole."""
    from poet_domain_ml_monitoring.results import Sampling

    rows, of = monitor.rows, monitor.rows_seen
    if rows >= of or report.sampling is not None:
        return report
    return replace(
        report,
        sampling=Sampling(
            rows=rows,
            of=of,
            # Dvoretzky, Kiefer and Wolfowitz, with 99 % confidence.
            error_bound=math.sqrt(math.log(2 / 0.01) / (2 * rows)),
            # What is free differs from run to run; what was asked for does not.
            reproducible=job.memory is not None or job.state is not None,
            reason="of the reference, drawn evenly to fit into memory; every current row was looked at",
        ),
    )


def _batched(source: Source, names: list[str], memory: int, begin: Begin) -> Batched:
    """Read a source in pieces that are small against memory: some columns, some rows at a time."""
    from poet_domain_ml_monitoring.monitor import Batched
    from poet_domain_ml_monitoring.quality import Schema

    chosen = source.lazy.select(names)
    numeric = all(source.schema[name].is_numeric() for name in names)
    size = _BYTES_READ if numeric else _BYTES_READ * _WIDER
    # A text file is read line by line, whatever the columns.
    together = len(names) if source.text else max(memory // (size * _GROUP_ROWS), 1)
    together = min(together, len(names)) or 1
    total = None if source.rows is None else source.rows * -(-len(names) // together)
    step = begin(_DOING[source.role], total)
    rows = min(max(memory // (size * together), _FEWEST_ROWS), _MOST_ROWS)
    return Batched(
        Schema.of(chosen),
        lambda wanted: _batches(chosen.select(wanted), rows, source.rows, step),
        together,
    )


def _batches(
    lazy: pl.LazyFrame, rows: int, total: int | None, step: Step
) -> Iterator[pl.DataFrame]:
    yield lazy.clear().collect()  # without rows there is no batch, but there are columns
    if hasattr(lazy, "collect_batches"):
        for batch in lazy.collect_batches(chunk_size=rows, maintain_order=True):
            step(batch.height)
            yield batch
        return
    # Before Polars 1.34. The number of rows of text is not known: it is read at once.
    for start in range(0, 1 if total is None else total, rows):
        part = lazy if total is None else lazy.slice(start, rows)
        batch = part.collect(engine="streaming")
        step(batch.height)
        yield batch


def _check_names(job: Job, known: Sequence[str], current: Source) -> None:
    """Refuse names of columns that neither side has.

    Raises:
        ConfigError: With the nearest name.
    """
    for option, names in (("--columns", job.columns), ("--ignore", job.ignore)):
        for name in names:
            if name not in known and name not in current.schema:
                what = f"no column {name!r}{nearest(name, list(known))}"
                raise ConfigError(what, where=option, hint=f"there are {_some(known)}")


def _some(names: Iterable[str]) -> str:
    found = list(names)
    rest = len(found) - _NAMED
    return ", ".join(repr(n) for n in found[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
