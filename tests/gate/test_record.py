"""The record: what it holds, what makes it no evidence, and how a reviewer reads it."""

from __future__ import annotations

import json

import pytest

from poet.domain import Domain
from poet.gate import explain_record, judge, make_record, record_problem
from poet.gate.record import _evidence
from poet.generate import Candidate
from poet.spec import Options, build_spec
from poet.store import sha256
from poet.testing import Project

APP = """
def mean(xs: list[float]) -> float:
    return sum(xs) / len(xs)
"""
MEAN = """
def mean(xs: list[float]) -> float:
    total = sum(xs)
    return total / len(xs)
"""
TOY = Domain(
    "toy", "", "1", 1, "preserve", recipe=lambda _: None, checks=lambda _: [],
    constraints=frozenset({"duration_ms", "carbon_g"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    Project(folder).write({"recorded_app.py": APP})
    return folder / "recorded_app.py"


def made(path, function, code, generator="file", **more):
    """Return the verdict on a candidate and its record, as it would be read back."""
    options = Options.parse(more.pop("options", {}), "")
    spec = build_spec(path, function, options, recipe_epoch=1, default_mode="preserve")
    given = {"import_name": "recorded_app", "filename": "<c>", "generator": generator, **more}
    verdict = judge(code, spec, TOY, **given)
    candidate = Candidate(generator, "none", code, code, {}, (), False)
    return verdict, json.loads(json.dumps(make_record(verdict, spec, candidate)))


@pytest.fixture(scope="module")
def record(path):
    """The record of an accepted candidate, as text."""
    return json.dumps(made(path, "mean", MEAN)[1])


def drop_check(r):
    r["checks"].pop()


def fail_check(r):
    r["checks"][-1]["outcome"] = "failed"


def lose_check(r):
    r["checks"][-1]["outcome"] = "lost"


def rename_check(r):
    r["checks"][-1]["name"] = "another"


def hide_check(r):
    r["checks"][-1]["hidden"] = True


def rehash(r):
    r["evidence_sha256"] = _evidence(r)


def uncompare(r):
    for c in r["checks"]:
        c["compared"] = False
    rehash(r)


def share(r):
    for c in r["checks"]:
        c["shared"] = True
    rehash(r)


def lose_contract(r):
    r["checks"] = [c for c in r["checks"] if c["name"] != "contract"]
    rehash(r)


def repeat_check(r):
    r["checks"].append(dict(r["checks"][-1]))
    rehash(r)


def fail_and_rehash(r):
    fail_check(r)
    rehash(r)


def exceed(r):
    r["constraints"].append({"name": "duration_ms", "outcome": "exceeded"})
    rehash(r)


HASH = "other evidence than its hash covers"
TAMPERINGS = {
    drop_check: HASH, fail_check: HASH, lose_check: HASH, rename_check: HASH, hide_check: HASH,
    fail_and_rehash: "did not pass: returns", uncompare: "no check that compared",
    share: "no check that compared", lose_contract: "lacks the check contract",
    repeat_check: "lists a check twice", exceed: "constraint that is exceeded",
    (lambda r: r.update(verdict="failed verification")): "not accepted",
    (lambda r: r.update(verdict="insufficient evidence")): "not accepted",
    (lambda r: r.update(fingerprint="0" * 64)): "another fingerprint",
    (lambda r: r.update(format=1)): "format 1, this version of POET reads 2",
    (lambda r: r.pop("checks")): "incomplete", (lambda r: r.pop("evidence_sha256")): "incomplete",
    (lambda r: r.update(generator="recipe/base/x")): HASH, (lambda r: r.update(layers={})): HASH,
    (lambda r: r["differences"].append({})): HASH, (lambda r: r["seeds"].update(inputs="0")): HASH,
    (lambda r: r["inputs"].update(compared=99)): HASH, (lambda r: r.update(code_sha256="0")): HASH,
    (lambda r: r["environment"].update(python="2.7")): HASH,
    (lambda r: r["checks"].append("x")): HASH, (lambda r: r.update(checks=None)): HASH,
}  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_tampered_record_is_no_evidence(record, tamper):
    """A record edited by hand would be believed."""
    found = json.loads(record)
    assert record_problem(found, found["fingerprint"]) is None
    fingerprint = found["fingerprint"]
    tamper(found)
    assert TAMPERINGS[tamper] in record_problem(found, fingerprint)


@pytest.mark.parametrize("junk", [None, [], "x", 1, {}])
def test_junk_is_no_record(junk):
    """A damaged record would end the run with a traceback instead of a reason."""
    assert record_problem(junk, "x")


def test_record_holds_the_evidence_and_no_version(record):
    """A reviewer could not tell what was checked, where and with which layers; merges would clash."""
    found = json.loads(record)
    assert found["format"] == 2
    assert found["candidate_sha256"] == found["code_sha256"] == sha256(MEAN)
    assert {"audit", "contract", "generated", "hidden", "repeated"} <= {
        c["name"] for c in found["checks"]
    }
    assert len(found["seeds"]["inputs"]) == 64
    assert found["inputs"]["compared"] > 20
    assert found["inputs"]["hidden"]
    assert found["environment"]["python"]
    assert found["environment"]["hypothesis"]
    assert found["layers"]["separate process"] == "in force"
    assert "version" not in found


def test_requirements_are_listed(path):
    """A deployment would lack a package that the version imports."""
    code = "import math\nimport numpy as np\n" + MEAN
    spec = build_spec(path, "mean", Options(), recipe_epoch=1, default_mode="preserve")
    verdict = judge(MEAN, spec, TOY, import_name="recorded_app", filename="<c>", generator="file")
    found = make_record(verdict, spec, Candidate("file", "none", code, code, {}, (), False))
    assert found["requirements"] == ["numpy"]


def test_explained_record_shows_what_a_reviewer_asks(path):
    """A reviewer would approve without seeing what differs, what is hidden and what was no evidence."""
    options = {"verify": "enhance", "constraints": {"duration_ms": 500, "carbon_g": 1}}
    code = "def mean(xs: list[float]) -> float:\n    return sum(xs) / len(xs) if xs else 0.0\n"
    verdict, found = made(path, "mean", code, options=options)
    assert any("mean" in line or "returns" in line for line in verdict.differences)
    text = "\n".join(explain_record(found))
    for part in (
        "in mode enhance", "generator   file", "hidden from the generator", "differs on generated",
        "given  []", "the function raises ZeroDivisionError, the candidate returns", "landlock",
        "duration_ms", "of at most 500", "carbon_g       not measured: nothing here measures it",
        "Not evidence, and why", "recorded", "python 3.", "seed ",
    ):  # fmt: skip
        assert part in text, part


def test_explained_record_is_coloured_by_its_caller(record):
    """A terminal would show the verdict like any other line."""
    lines = explain_record(json.loads(record), lambda text, **how: f"<{how.get('fg')}>{text}")
    assert any("<green>accepted" in line for line in lines)
