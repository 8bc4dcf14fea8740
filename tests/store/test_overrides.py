"""What one machine serves instead of current."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from poet.store import BASELINE, clear_override, read_override, write_override


def test_in_force_until_current_changes(tmp_path):
    """A reviewed promotion would be hidden for ever by an old emergency measure."""
    home, folder = tmp_path / "home", tmp_path / ".poet" / "f"
    assert read_override(home, folder, "v1") is None
    write_override(home, folder, BASELINE, "it is slow", "v1")
    found = read_override(home, folder, "v1")
    assert (found.serve, found.reason, found.over) == (BASELINE, "it is slow", "v1")
    assert found.time.endswith("Z")
    assert read_override(home, folder, "v2") is None
    assert read_override(home, folder, None) is None


def test_one_function_only(tmp_path):
    """An override of one function would touch another."""
    write_override(tmp_path, tmp_path / "f", "v1", "", "v2")
    write_override(tmp_path, tmp_path / "g", BASELINE, "", "v2")
    assert read_override(tmp_path, tmp_path / "f", "v2").serve == "v1"
    assert read_override(tmp_path, tmp_path / "h", "v2") is None
    assert clear_override(tmp_path, tmp_path / "f")
    assert not clear_override(tmp_path, tmp_path / "f")
    assert read_override(tmp_path, tmp_path / "g", "v2").serve == BASELINE


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"F": []}', '{"F": {}}', '{"F": null}', '{"F": "v1"}',
     '{"F": {"serve": 3, "reason": "", "time": "", "over": "v1"}}'],
)  # fmt: skip
def test_damaged_file_is_no_override(tmp_path, content):
    """A damaged file of live state would stop every call of the project."""
    folder = tmp_path / "f"
    (tmp_path / "overrides.json").write_text(content.replace('"F"', json.dumps(str(folder))))
    assert read_override(tmp_path, folder, "v1") is None
    write_override(tmp_path, folder, BASELINE, "again", "v1")
    assert read_override(tmp_path, folder, "v1").reason == "again"


def test_two_processes_lose_none(tmp_path):
    """Of two emergency measures taken at once only one would be in force."""
    code = (
        "import sys, pathlib\nfrom poet.store import write_override\nhome = pathlib.Path(sys.argv[1])\n"
        "for n in range(20):\n    write_override(home, home / f'{sys.argv[2]}{n}', 'v1', '', 'v2')"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), letter]) for letter in "ab"
    ]
    assert [w.wait() for w in writers] == [0, 0]
    assert len(json.loads((tmp_path / "overrides.json").read_text())) == 40
