"""A monitor in one file: a zip archive of JSON and Arrow IPC, readable by any tool."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poet.errors import PoetError, StatsInputError
from poet.stats import FrameProfile
from poet_domain_ml_monitoring._emit import Emit
from poet_domain_ml_monitoring.config import MonitorConfig
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.quality import FeatureRegistry, Schema

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.windows import Windows

__all__ = ["pack", "registry_of", "unpack"]

_FORMAT = "poet-monitor"
_VERSION = 1
_JSON, _ARROW = "monitor.json", "reference.arrow"
# The same bytes whenever it is written.
_DATE = (1980, 1, 1, 0, 0, 0)
_HINT = "fit the monitor again, or take the file from a backup"


def pack(
    reference: Reference,
    config: MonitorConfig,
    registry: FeatureRegistry,
    windows: Mapping[str, Any] | None,
) -> bytes:
    """Return the bytes of a monitor's file."""
    state = {
        "format": _FORMAT,
        "version": _VERSION,
        "config": config.to_dict(),
        "schema": {"dtypes": reference.schema.dtypes, "repeated": reference.schema.repeated},
        "kinds": reference.kinds,
        "names": reference.profile.names,
        "reasons": reference.profile.reasons,
        "rows": reference.rows,
        "of": reference.of,
        "registry": registry.to_dict(),
        "windows": windows,
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(state, ensure_ascii=False, indent=1)
        file.writestr(zipfile.ZipInfo(_JSON, _DATE), text.encode("utf-8", "surrogatepass"))
        file.writestr(zipfile.ZipInfo(_ARROW, _DATE), reference.profile.to_bytes())
    return archive.getvalue()


def unpack(
    data: bytes, where: str
) -> tuple[Reference, MonitorConfig, Mapping[str, Any], Windows | None]:
    """Return the reference, the configuration, the registry's state and the windows.

    Raises:
        StatsInputError: Other bytes, damaged ones, or those of a newer version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            state = json.loads(file.read(_JSON).decode("utf-8", "surrogatepass"))
            arrow = file.read(_ARROW)
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        EOFError,
        NotImplementedError,
        OSError,
    ) as error:
        raise _damaged(error, where) from None
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise StatsInputError("this is no monitor's file", where=where, hint=_HINT)
    if state.get("version") != _VERSION:
        raise StatsInputError(
            f"a monitor of version {state.get('version')!r}; this one reads version {_VERSION}",
            where=where, hint="install the version that wrote it, or fit the monitor again",
        )  # fmt: skip
    try:
        profiles = FrameProfile.from_bytes(arrow).profiles
        schema = Schema.from_json(json.dumps(state["schema"]))
        names, reasons = tuple(state["names"]), dict(state["reasons"])
        if set(names) != set(profiles) | set(reasons):
            raise ValueError("columns and profiles do not match")
        reference = Reference(
            FrameProfile(names, {n: profiles[n] for n in names if n in profiles}, reasons),
            schema,
            {name: (kind, why) for name, (kind, why) in state["kinds"].items()},
            int(state["rows"]),
            int(state["of"]),
        )
        config = MonitorConfig.from_dict(state["config"])
        registry = dict(state["registry"])
        windows: Windows | None = None
        if state["windows"] is not None:
            from poet_domain_ml_monitoring.windows import windows_from_dict

            windows = windows_from_dict(state["windows"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(error, where) from None
    return reference, config, registry, windows


def registry_of(state: Mapping[str, Any], where: str, emit: Emit) -> FeatureRegistry:
    """Return the registry of a state.

    Raises:
        StatsInputError: A damaged one.
    """
    try:
        return FeatureRegistry.from_dict(state, emit=emit)
    except (PoetError, KeyError, TypeError, ValueError) as error:
        raise _damaged(error, where) from None


def _damaged(error: Exception, where: str) -> StatsInputError:
    why = error.what if isinstance(error, PoetError) else f"{type(error).__name__}: {error}"
    return StatsInputError(f"the monitor's file is damaged: {why}", where=where, hint=_HINT)
