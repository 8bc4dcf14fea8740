"""Versions, their records, current, overrides and retention, as files under ``.poet/``."""

from poet.store.atomic import dump_json
from poet.store.merge import Duplicate, duplicates, renumber
from poet.store.overrides import BASELINE, Override, clear_override, read_override, write_override
from poet.store.versions import (
    FunctionStore,
    Version,
    diff_versions,
    locate,
    sha256,
    version_number,
)

__all__ = [
    "BASELINE",
    "Duplicate",
    "FunctionStore",
    "Override",
    "Version",
    "clear_override",
    "diff_versions",
    "dump_json",
    "duplicates",
    "locate",
    "read_override",
    "renumber",
    "sha256",
    "version_number",
    "write_override",
]
