"""Versions, their records, current, overrides and retention, as files under ``.poet/``."""

from poet.store.approval import Approval, approval_of, approve, committed, revoke
from poet.store.atomic import dump_json
from poet.store.merge import Duplicate, duplicates, renumber
from poet.store.overrides import (
    BASELINE,
    Override,
    clear_override,
    end_override,
    read_override,
    withdraw,
    write_override,
)
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
    "Approval",
    "Duplicate",
    "FunctionStore",
    "Override",
    "Version",
    "approval_of",
    "approve",
    "clear_override",
    "committed",
    "diff_versions",
    "dump_json",
    "duplicates",
    "end_override",
    "locate",
    "read_override",
    "renumber",
    "revoke",
    "sha256",
    "version_number",
    "withdraw",
    "write_override",
]
