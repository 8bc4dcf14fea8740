"""What these tests emit stays out of the checkout."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an event log of its own, made when something is emitted."""
    monkeypatch.setenv("POET_HOME", str(_homes / str(next(_NUMBERS))))
