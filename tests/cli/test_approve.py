"""``poet approve`` and what ``poet status`` shows of versions that no recipe made."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from isolation_helpers import hand_in

from poet.store import sha256
from poet.testing import Project

APP = """
from poet import poet

@poet()
def add(a: int, b: int = 1) -> int:
    return a + b

@poet()
def each(a):
    yield a
"""
ADD = "def add(a: int, b: int = 1) -> int:\n    return b + a\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("approve")).write({"app.py": APP})
    hand_in(project, "add", ADD)
    hand_in(project, "each", "def each(a):\n    yield a\n", generator="litellm/some-model")
    return project


@pytest.fixture
def project(template, tmp_path):
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def test_status_tells_a_worker_from_waiting_and_approved(project):
    """A reviewer would not see what still waits for them."""
    done = project.poet("status")
    assert re.search(r"add .* worker\n", done.out), done.out
    assert re.search(r"each .* unapproved\n", done.out)
    assert "next: poet approve add" in done.out
    found = {
        f["function"]: f for f in json.loads(project.poet("status", "--json").out)["functions"]
    }
    assert (
        "v1 is not approved, and cannot run in a worker: it is a generator"
        in found["each"]["reason"]
    )
    assert found["each"]["next"] == "poet approve each"
    assert project.poet("approve", "add").code == 0
    assert project.poet("approve", "each").code == 0
    done = project.poet("status")
    assert re.search(r"add .* approved\n", done.out)
    assert re.search(r"each .* approved\n", done.out)
    assert "next:" not in done.out
    project.write({"app.py": APP.replace("a + b", "a - b")})
    assert re.search(r"add .* stale\n", project.poet("status").out), (
        "approved for what it was made for"
    )


def test_approve_shows_what_is_approved_and_logs_it(project):
    """Somebody would approve without seeing what, and nobody know who did."""
    done = project.poet("approve", "add", "1", "--reason", "read by two")
    assert done.code == 0, done.out
    code = project.read(".poet/add/v1/code.py")
    record = project.read(".poet/add/v1/record.json")
    assert "add v1 (fresh) by file" in done.out
    for text in (
        sha256(code),
        sha256(record),
        "verified in  landlock: missing",
        "differs      none",
    ):
        assert text in done.out
    entry = json.loads(project.read(".poet/add/log.jsonl").splitlines()[-1])
    assert (entry["action"], entry["to"], entry["why"]) == ("approved", "v1", "read by two")
    assert (entry["code_sha256"], entry["record_sha256"]) == (sha256(code), sha256(record))
    assert entry["who"]
    assert entry["time"]
    assert re.search(r"approved +- -> v1 .*: read by two", project.poet("log", "add").out)
    facts = json.loads(project.poet("approve", "add", "--revoke", "--json").out)
    assert (facts["action"], facts["version"], facts["generator"]) == ("revoked", "v1", "file")


def test_what_cannot_be_approved_is_refused(project):
    """An approval would be written for what was never verified."""
    assert "no version 'v7'" in project.poet("approve", "add", "7").out
    done = project.poet("approve", "add", "--revoke")
    assert done.code == 1
    assert "nothing to take back" in done.out
    project.write({".poet/add/v1/code.py": ADD + "# edited\n"})
    done = project.poet("approve", "add")
    assert done.code == 1
    assert "was edited after it was verified" in done.out
    record = json.loads(project.read(".poet/each/v1/record.json"))
    record["checks"][1]["outcome"] = "lost"
    project.write({".poet/each/v1/record.json": json.dumps(record)})
    done = project.poet("approve", "each")
    assert done.code == 1
    assert "holds other evidence than its hash covers" in done.out
    assert "Traceback" not in done.out
    assert len(project.read(".poet/each/log.jsonl").splitlines()) == 1


def test_a_version_that_is_not_current_can_be_approved_beforehand(project):
    """A review would have to happen while the version is served already."""
    assert project.poet("generate", "add", "--force").code == 0
    done = project.poet("approve", "add", "v1")
    assert done.code == 0
    assert "it is not current; poet promote add v1 makes it so" in done.out
    assert project.read(".poet/add/current") == "v2\n"
