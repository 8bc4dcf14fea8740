"""Versions, current and the log, on real files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from store_helpers import OLD, add, age, grow, snapshot, unprivileged

from poet.errors import (
    PromoteConflictError,
    ReadOnlyStoreError,
    StoreError,
    TamperedVersionError,
    VersionNotFoundError,
)
from poet.store import diff_versions, locate


@pytest.fixture
def store(tmp_path):
    return locate(tmp_path / "mod.py", "f")


def test_an_empty_store_reads_as_empty(store):
    """Asking about a function without versions would fail, or make folders on a read-only disk."""
    assert store.names() == []
    assert store.current() is None
    assert store.log() == []
    assert not store.folder.parent.exists()


def test_add_keeps_everything_and_promotes_nothing(store):
    """A reviewer could not tell what was accepted, or calls would change before the promotion."""
    assert add(store, 1) == "v1"
    assert store.current() is None
    version = store.read("v1")
    assert version.code == "def f():\n    return 1\n\n"
    assert version.metadata["version"] == "v1"
    assert version.fingerprint == "f"
    assert "version" not in version.record
    assert add(store, 2) == "v2"
    assert store.names() == ["v1", "v2"]


def test_ten_comes_after_nine(store):
    """With ten versions the newest would sort before the second, and its number be used again."""
    for number in range(1, 12):
        assert add(store, number) == f"v{number}"
    assert store.names()[-2:] == ["v10", "v11"]


def test_a_number_is_never_used_again(store):
    """The log would speak of two versions by one name, and status of branches there never were."""
    grow(store, 1, 2)
    store.promote("v1", expected="v2", reason="back", action="rollback")
    shutil.rmtree(store.folder / "v2")
    assert add(store, 3) == "v3"


def test_promote_is_logged_with_hashes(store):
    """Nobody could say who put which code into production, or when."""
    grow(store, 1, 2)
    assert store.current() == "v2"
    first, second = store.log()
    assert (first["from"], first["to"], second["from"], second["to"]) == (None, "v1", "v1", "v2")
    assert second["action"] == "promote"
    assert second["why"] == "number 2"
    assert second["who"]
    assert second["code_sha256"] == store.read("v2").record["code_sha256"]
    assert store.is_logged(store.read("v2"))
    assert not store.is_logged(store.read(add(store, 3)))


def test_promote_refuses_when_current_moved(store):
    """A slow generation would silently undo the promotion of a colleague."""
    grow(store, 1)
    mine, theirs = add(store, 2), add(store, 3)
    store.promote(theirs, expected="v1", reason="first")
    before = snapshot(store.folder)
    with pytest.raises(PromoteConflictError, match=r"from v1 to v3 while v2 was judged") as caught:
        store.promote(mine, expected="v1", reason="second")
    assert "poet diff f" in caught.value.hint
    assert snapshot(store.folder) == before


def test_promote_of_what_is_not_there(store):
    """Current would name a version that no call can load."""
    grow(store, 1)
    with pytest.raises(VersionNotFoundError, match=r"no version 'v7' \(stored: v1\)"):
        store.promote("v7", expected="v1", reason="")
    for name in ("../v1", "", "v", "v-1", "v0", "current", "v1/.."):
        with pytest.raises(VersionNotFoundError):
            store.read(name)
    assert store.current() == "v1"


def test_rollback_goes_where_current_came_from(store):
    """A rollback would land on a version that never served."""
    grow(store, 1, 2)
    add(store, 3)
    store.promote("v1", expected="v2", reason="back", action="rollback")
    grow(store, 4)
    assert store.current() == "v4"
    assert store.rollback_target() == "v1"
    store.promote("v1", expected="v4", reason="back", action="rollback")
    with pytest.raises(VersionNotFoundError, match="no version before v1"):
        store.rollback_target()


def test_rollback_when_the_log_is_gone(store):
    """A lost log would leave no way back."""
    grow(store, 1, 2, 3)
    (store.folder / "log.jsonl").unlink()
    assert store.rollback_target() == "v2"


def test_rollback_skips_a_deleted_version(store):
    """A rollback would fail because the version before was cleaned away."""
    grow(store, 1, 2, 3)
    shutil.rmtree(store.folder / "v2")
    assert store.rollback_target() == "v1"


@pytest.mark.parametrize("content", [b"", b"v9\n", b"\xff\xfe", b"../v1\n", b"v1\nv2\n", b"v0"])
def test_damaged_current_is_an_error_with_the_way_out(store, content):
    """A damaged file would stop calls, or make them run something nobody chose."""
    grow(store, 1)
    (store.folder / "current").write_bytes(content)
    with pytest.raises(StoreError, match="not a stored version of f") as caught:
        store.current()
    assert "poet promote f v1" in caught.value.hint
    store.promote("v1", expected=None, reason="as the message says")
    assert store.current() == "v1"


def test_current_that_is_a_folder(store):
    """A wrongly resolved merge would stop calls with an error of the operating system."""
    grow(store, 1)
    (store.folder / "current").unlink()
    (store.folder / "current").mkdir()
    with pytest.raises(StoreError):
        store.current()
    assert store.current_or_none() is None


def test_edited_code_is_refused(store):
    """Unverified lines would run in production."""
    grow(store, 1)
    code = store.folder / "v1" / "code.py"
    code.write_text(code.read_text() + "import os\n")
    with pytest.raises(TamperedVersionError, match="edited after it was verified") as caught:
        store.read("v1")
    assert f"git checkout -- {code.parent}" in caught.value.hint
    with pytest.raises(TamperedVersionError):
        store.promote("v1", expected="v1", reason="")


@pytest.mark.parametrize("name", ["metadata.json", "record.json"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b"null", b'"text"', b"\xff", b"[" * 9000]
)
def test_damaged_json_is_refused(store, name, content):
    """A half-transferred file would crash calls instead of leaving the baseline to serve."""
    grow(store, 1)
    (store.folder / "v1" / name).write_bytes(content)
    with pytest.raises(TamperedVersionError, match="v1 is damaged"):
        store.read("v1")


@pytest.mark.parametrize("name", ["code.py", "metadata.json", "record.json"])
def test_missing_file_is_refused(store, name):
    """A version without its evidence would be served."""
    grow(store, 1)
    (store.folder / "v1" / name).unlink()
    with pytest.raises(TamperedVersionError, match="v1 is damaged"):
        store.read("v1")


def test_line_ends_are_part_of_the_code(store):
    """A checkout that rewrites line ends would pass for the code that was verified."""
    grow(store, 1)
    code = store.folder / "v1" / "code.py"
    code.write_bytes(code.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(TamperedVersionError):
        store.read("v1")
    assert "* -text" in (store.folder.parent / ".gitattributes").read_text().splitlines()


def test_retention_keeps_ten(store):
    """A repository would grow with every regeneration, without end."""
    for number in range(1, 15):
        grow(store, number)
        age(store)
    grow(store, 15)
    assert store.names() == [f"v{n}" for n in range(6, 16)]
    assert not list(store.folder.glob(".tmp-*"))


def test_a_promotion_does_not_fail_for_what_retention_cannot_delete(store, monkeypatch):
    """A version would be current, and the user be told that it was not."""
    for number in range(1, 12):
        grow(store, number)
        age(store)
    add(store, 12)

    def fails(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails)
        store.promote("v12", expected="v11", reason="")
    assert store.current() == "v12"
    assert len(store.names()) == 11
    grow(store, 13)
    assert len(store.names()) == 10


def test_retention_by_size(store):
    """Ten huge versions would make every clone slow."""
    for number in range(1, 7):
        grow(store, number, pad=3 * 1024 * 1024)
        age(store)
    assert store.names() == ["v4", "v5", "v6"]


def test_retention_spares_current_its_parent_and_the_fresh(store):
    """The version that serves, or the one to roll back to, would be deleted."""
    for number in range(1, 13):
        add(store, number, parent="v1" if number == 2 else None)
    store.promote("v2", expected=None, reason="")
    assert len(store.names()) == 12, "younger than an hour"
    age(store)
    os.utime(store.folder / "v4", None)
    for number in (13, 14, 15):
        add(store, number)
    store.promote("v2", expected="v2", reason="again")
    assert store.names() == ["v1", "v2", "v4"] + [f"v{n}" for n in range(9, 16)]
    assert (store.folder / "v1").stat().st_mtime == OLD


def test_second_module_of_the_same_function_name(tmp_path):
    """Two modules in a folder would serve each other's code."""
    first, second = locate(tmp_path / "a.py", "f"), locate(tmp_path / "b.py", "f")
    grow(first, 1)
    second = locate(tmp_path / "b.py", "f")
    grow(second, 2)
    assert first.folder.name == "f"
    assert second.folder.name == "b.f"
    for path, number in (("a.py", 1), ("b.py", 2)):
        found = locate(tmp_path / path, "f")
        assert found.read(found.current()).record["number"] == number


def test_two_modules_that_begin_at_once(tmp_path):
    """Two first generations side by side would put two modules' versions into one folder."""
    first, second = locate(tmp_path / "a.py", "f"), locate(tmp_path / "b.py", "f")
    grow(first, 1)
    with pytest.raises(StoreError, match=r"belongs to a\.py"):
        add(second, 2)
    assert first.names() == ["v1"]
    assert add(locate(tmp_path / "b.py", "f"), 2) == "v1"


def test_a_method_and_a_function_whose_folders_would_be_one(tmp_path):
    """`check` of the module Monitor would serve the method Monitor.check of another module."""
    method = locate(tmp_path / "shop.py", "Monitor.check")
    grow(method, 1)
    other = locate(tmp_path / "a.py", "check")
    grow(other, 2)
    function = locate(tmp_path / "Monitor.py", "check")
    with pytest.raises(StoreError, match=r"belongs to shop\.py"):
        grow(function, 3)
    assert locate(tmp_path / "shop.py", "Monitor.check").read("v1").record["number"] == 1


@pytest.mark.parametrize("name", ["cassettes", "home"])
def test_reserved_names(tmp_path, name):
    """A function named like a folder of POET's would be mixed up with it, or ignored by git."""
    store = locate(tmp_path / "mod.py", name)
    grow(store, 1)
    assert store.folder.name == f"mod.{name}"
    assert locate(tmp_path / "mod.py", name).current() == "v1"


def test_a_function_in_the_init_file_of_a_package(tmp_path):
    """Its versions would be stored and never found again."""
    store = locate(tmp_path / "pkg" / "__init__.py", "f")
    grow(store, 1)
    assert locate(tmp_path / "pkg" / "__init__.py", "f").current() == "v1"


def test_diff_from_parent_to_current(store):
    """A reviewer could not see what a regeneration changed."""
    with pytest.raises(VersionNotFoundError, match="no current version"):
        diff_versions(store)
    grow(store, 1, 2)
    text = diff_versions(store)
    assert "-    return 1" in text
    assert "+    return 2" in text
    assert diff_versions(store, "v2", "v1").count("+    return 1") == 1


@pytest.fixture
def open_folder():
    """Return a folder that another user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_read_only_folder(open_folder):
    """On a read-only deployment calls would fail, or the message would not say what to do."""
    store = locate(open_folder / "mod.py", "f")
    grow(store, 1)
    if os.geteuid() != 0:
        for path in [open_folder, *open_folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
    before = snapshot(open_folder)
    try:
        with unprivileged():
            assert store.read(store.current()).record["number"] == 1
            for attempt in (
                lambda: add(store, 2),
                lambda: store.promote("v1", expected="v1", reason=""),
                lambda: add(locate(open_folder / "mod.py", "g"), 1),
            ):
                with pytest.raises(ReadOnlyStoreError, match="cannot write here") as caught:
                    attempt()
                assert str(open_folder) in caught.value.where
                assert "commit .poet/" in caught.value.hint
        assert snapshot(open_folder) == before
    finally:
        for path in [open_folder, *open_folder.rglob("*")]:
            path.chmod(0o755)


def test_log_that_cannot_be_read_is_an_error_with_the_way_out(store):
    """A log that is damaged as a whole would be taken for an empty one, or end in a traceback."""
    grow(store, 1)
    version = store.read("v1")
    log = store.folder / "log.jsonl"
    log.unlink()
    log.mkdir()
    for attempt in (store.log, lambda: store.is_logged(version), lambda: add(store, 2)):
        with pytest.raises(StoreError, match="the log of f cannot be read") as caught:
            attempt()
        assert "version control" in caught.value.hint


def test_log_with_damaged_lines(store):
    """One torn line of a killed writer would hide the whole history."""
    grow(store, 1)
    log = store.folder / "log.jsonl"
    log.write_bytes(log.read_bytes() + b"[" * 99_999 + b'\xff\n[1]\n\n{"action": "promo')
    grow(store, 2)
    assert [e["to"] for e in store.log()] == ["v1", "v2"]
    assert json.loads(log.read_bytes().splitlines()[-1])["to"] == "v2"
