"""A seasonal monitor in one file: a zip archive of JSON and the history as Arrow IPC."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import PoetError, StatsInputError
from poet_domain_ml_monitoring.config import MonitorConfig
from poet_domain_ml_monitoring.seasonality._season import Season

if TYPE_CHECKING:
    import polars as pl

__all__ = ["State", "pack", "unpack"]

_FORMAT = "poet-seasonal-monitor"
_VERSION = 1
_JSON, _ARROW = "seasonal.json", "history.arrow"
# The same bytes whenever it is written.
_DATE = (1980, 1, 1, 0, 0, 0)
_HINT = "fit the monitor again, or take the file from a backup"


class State(NamedTuple):
    """All that a seasonal monitor is made of."""

    history: pl.DataFrame
    time: str
    zone: str | None
    seasons: Mapping[str, Sequence[Season]]
    config: MonitorConfig


def pack(state: State) -> bytes:
    """Return the bytes of a seasonal monitor's file.

    Raises:
        StatsInputError: A column of Python objects, which Arrow cannot hold.
    """
    import polars as pl

    for name, dtype in state.history.schema.items():
        if dtype == pl.Object:
            raise StatsInputError(
                f"column {name!r} holds Python objects, which no file can", where=name,
                hint="fit on a history without it",
            )  # fmt: skip
    told = {
        "format": _FORMAT,
        "version": _VERSION,
        "time": state.time,
        "zone": state.zone,
        "seasons": {n: [s._asdict() for s in found] for n, found in state.seasons.items()},
        "config": state.config.to_dict(),
    }
    table, archive = io.BytesIO(), io.BytesIO()
    state.history.rechunk().write_ipc(table)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(told, ensure_ascii=False, indent=1)
        file.writestr(zipfile.ZipInfo(_JSON, _DATE), text.encode("utf-8", "surrogatepass"))
        file.writestr(zipfile.ZipInfo(_ARROW, _DATE), table.getvalue())
    return archive.getvalue()


def unpack(data: bytes, where: str) -> State:
    """Return what `pack` was given.

    Raises:
        StatsInputError: Other bytes, damaged ones, or those of a newer version.
    """
    import polars as pl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            told: Any = json.loads(file.read(_JSON).decode("utf-8", "surrogatepass"))
            table = file.read(_ARROW)
        if not isinstance(told, dict) or told.get("format") != _FORMAT:
            raise StatsInputError("this is no seasonal monitor's file", where=where, hint=_HINT)
        if told.get("version") != _VERSION:
            raise StatsInputError(
                f"a seasonal monitor of version {told.get('version')!r}; this one reads version "
                f"{_VERSION}",
                where=where, hint="install the version that wrote it, or fit the monitor again",
            )  # fmt: skip
        history = pl.read_ipc(io.BytesIO(table))
        seasons = {n: [Season(**s) for s in found] for n, found in told["seasons"].items()}
        config = MonitorConfig.from_dict(told["config"])
        return State(history, told["time"], told["zone"], seasons, config)
    except StatsInputError:
        raise
    except (
        zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError,
        NotImplementedError, OSError, PoetError, pl.exceptions.PolarsError,
    ) as error:  # fmt: skip
        why = error.what if isinstance(error, PoetError) else f"{type(error).__name__}: {error}"
        raise StatsInputError(
            f"the seasonal monitor's file is damaged: {why}", where=where, hint=_HINT
        ) from None
