"""Two writers at once, two branches at once, and an older checkout."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from promote_loop import store_of
from store_helpers import grow

from poet.errors import StoreError
from poet.store import Duplicate, duplicates, locate, renumber
from poet.testing import Project

WRITER = """
import sys
from pathlib import Path
from poet.errors import PromoteConflictError
from poet.store import locate, sha256

store = locate(Path(sys.argv[1]) / "mod.py", "served")
for number in range(int(sys.argv[3])):
    code = f"# {sys.argv[2]} {number}\\n"
    before = store.current()
    name = store.add(
        code, params="{}", state="{}", metadata={"module": "mod", "parent": before},
        record={"code_sha256": sha256(code)},
    )
    while True:
        try:
            store.promote(name, expected=before, reason=f"{sys.argv[2]} {number}")
            break
        except PromoteConflictError:
            before = store.current()
print("done")
"""


def test_two_processes_promoting_at_once_lose_nothing(tmp_path):
    """Two people or two jobs that regenerate together would lose a version or a log entry."""
    each = 25
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name, str(each)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    outputs = [writer.communicate()[0] for writer in writers]
    assert outputs == ["done\n", "done\n"]
    store = store_of(tmp_path)
    assert store.names() == [f"v{n}" for n in range(1, 2 * each + 1)]
    codes = {store.read(name).code for name in store.names()}
    assert codes == {f"# {name} {n}\n" for name in ("one", "two") for n in range(each)}
    log = store.log()
    assert len(log) == 2 * each
    assert len((store.folder / "log.jsonl").read_text().splitlines()) == 2 * each
    assert log[-1]["to"] == store.current()
    chain = [None, *(entry["to"] for entry in log)]
    assert [entry["from"] for entry in log] == chain[:-1], "a promotion went over another unseen"


def git(project: Project, *arguments: str, code: int | None = 0) -> str:
    identity = {f"GIT_{who}_{what}": f"{what.lower()}@example.org"
                for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    done = project.run("git", "-c", "init.defaultBranch=main", *arguments,
                       env={**identity, "GIT_CONFIG_GLOBAL": "/dev/null"})  # fmt: skip
    assert code is None or done.code == code, done.out
    return done.out


SHOP = '''
from poet import poet


@poet({options})
def total(prices: list[float]) -> float:
    """Return the sum of the prices."""
    return sum(prices) {rest}
'''
TEST = """
from shop import total


def test_total():
    assert total([1.0, 2.5]) == 3.5
"""


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.write({"shop.py": SHOP.format(options="", rest=""), "test_shop.py": TEST})
    git(made, "init", "-q")
    return made


def regenerate(project: Project, message: str) -> None:
    done = project.run(sys.executable, "-m", "pytest", "-q", "--poet-regenerate")
    assert done.code == 0, done.out
    git(project, "add", "-A")
    git(project, "commit", "-qm", message)


def state(project: Project) -> dict[str, object]:
    return json.loads(project.poet("status", "--json").out)["functions"][0]


def test_two_branches_that_both_made_v2(project):
    """The work of one of two branches would be overwritten in a merge, or the merge be stuck."""
    regenerate(project, "v1")
    git(project, "checkout", "-qb", "theirs")
    project.write({"shop.py": SHOP.format(options="", rest="+ 0.0")})
    regenerate(project, "their v2")
    git(project, "checkout", "-q", "main")
    project.write({"shop.py": SHOP.format(options="", rest="* 1.0")})
    regenerate(project, "our v2")
    store = locate(project.folder / "shop.py", "total")
    ours = store.read("v2")
    theirs = json.loads(git(project, "show", "theirs:.poet/total/v2/record.json"))

    assert "CONFLICT" in git(project, "merge", "theirs", code=1)
    project.write({"shop.py": SHOP.format(options="", rest="* 1.0")})
    assert store.read("v2") == ours, "the merge edited a version"
    assert [d.name for d in duplicates(store)] == ["v2"]
    shown = state(project)
    assert (shown["state"], shown["next"]) == ("duplicate", "poet renumber total")

    done = project.poet("renumber", "total")
    assert done.code == 0, done.out
    assert "our v2 stays, their v2 is v3" in done.out
    assert "checks passed" in done.out
    git(project, "add", "shop.py")
    assert "U" not in {line[0] for line in git(project, "status", "--short").splitlines()}
    git(project, "commit", "-qm", "both")

    assert store.names() == ["v1", "v2", "v3"]
    assert store.read("v2") == ours
    assert store.read("v3").record == theirs
    assert store.read("v3").metadata["version"] == "v3"
    assert store.current() == "v2"
    assert store.is_logged(store.read("v3"))
    assert duplicates(store) == []
    assert state(project)["state"] == "fresh"
    done = project.run(sys.executable, "-m", "pytest", "-q")
    assert done.code == 0, done.out


def test_renumbering_stays_done(tmp_path):
    """Once one of the two is cleaned away, status would ask for a renumbering for ever."""
    store = locate(tmp_path / "mod.py", "f")
    grow(store, 1, 2)
    entry = store.log()[-1]
    other = {**entry, "record_sha256": "0" * 64}
    with (store.folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(other) + "\n")
    assert duplicates(store) == [Duplicate("v2", (entry["record_sha256"], "0" * 64))]
    with (store.folder / "log.jsonl").open("a") as log:
        log.write(json.dumps({**other, "action": "renumber", "from": "v2", "to": "v3"}) + "\n")
    assert duplicates(store) == []


def test_renumber_outside_a_merge(project):
    """The message would be git's and not say when to run the command."""
    regenerate(project, "v1")
    done = project.poet("renumber", "total")
    assert done.code == 1
    assert "run it between `git merge` and its commit" in done.out


def test_renumber_without_git(tmp_path):
    """The error would be a traceback."""
    store = locate(tmp_path / "mod.py", "f")
    grow(store, 1)
    with pytest.raises(StoreError, match="git ls-files failed"):
        renumber(store)


def test_status_with_a_damaged_version(project):
    """One missing file would end `poet status` with a traceback, just when it is needed."""
    regenerate(project, "v1")
    (project.folder / ".poet" / "total" / "v1" / "record.json").unlink()
    done = project.poet("status")
    assert done.code == 0, done.out
    assert "damaged" in done.out


def test_an_older_commit_serves_what_it_served(project):
    """Going back to an old commit would run today's version on yesterday's function."""
    regenerate(project, "one")
    project.write({"shop.py": SHOP.format(options="", rest="+ 0.0")})
    regenerate(project, "two")
    ask = "import shop; shop.total([1.0]); print(shop.total.poet.current)"
    environment = {"POET_MODE": "locked", "POET_STRICT": "1", "POET_HOME": ".home"}
    assert project.python(ask, env=environment).out.strip() == "v2"
    git(project, "checkout", "-q", "HEAD~1")
    assert project.python(ask, env=environment).out.strip() == "v1"
    assert state(project)["state"] == "fresh"
    git(project, "checkout", "-q", "main")
    assert project.python(ask, env=environment).out.strip() == "v2"


def test_a_function_in_the_init_file_is_served(tmp_path):
    """Its version would be stored under the package's name, and not be found by the next call."""
    made = Project(tmp_path)
    made.write({"shop/__init__.py": SHOP.format(options="", rest=""), "test_shop.py": TEST})
    done = made.run(sys.executable, "-m", "pytest", "-q", "--poet-regenerate")
    assert done.code == 0, done.out
    shown = state(made)
    assert (shown["current"], shown["state"]) == ("v1", "fresh")
