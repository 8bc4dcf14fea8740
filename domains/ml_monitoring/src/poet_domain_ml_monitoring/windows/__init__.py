"""Cutting a stream of rows into windows, and watching one value by value."""

from __future__ import annotations

from poet_domain_ml_monitoring.windows._adaptive import AdaptiveWindows
from poet_domain_ml_monitoring.windows._rows import FixedWindows, SlidingWindows
from poet_domain_ml_monitoring.windows._state import windows_from_dict
from poet_domain_ml_monitoring.windows._stream import StreamChange, StreamMonitor
from poet_domain_ml_monitoring.windows._time import TimeWindows
from poet_domain_ml_monitoring.windows._window import Window, Windows

__all__ = [
    "AdaptiveWindows",
    "FixedWindows",
    "SlidingWindows",
    "StreamChange",
    "StreamMonitor",
    "TimeWindows",
    "Window",
    "Windows",
    "windows_from_dict",
]
