"""Reliability is what comes back after failures that pass, and is claimed for nothing else."""

from __future__ import annotations

import pytest

from poet.domain import Outcome
from poet.gate import better, score_pair
from poet.spec import Options, build_spec
from poet.testing import Project
from poet_domain_base import DOMAIN

SOURCE = """
import urllib.request

def fetch(url: str) -> str:
    return urllib.request.urlopen(url).read().decode()

def post(url: str, body: bytes) -> str:
    return urllib.request.urlopen(url, body).read().decode()

def pure(n: int) -> int:
    return n + 1

async def waits(n: int) -> int:
    return n + 1
"""
DIRECT = """
import urllib.request


def fetch(url: str) -> str:
    for attempt in range(3):
        try:
            return urllib.request.urlopen(url, timeout=5).read().decode()
        except ConnectionRefusedError:
            if attempt == 2:
                raise
    return ""
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base_scoring")
    Project(folder).write({"reliable_app.py": SOURCE})
    return folder / "reliable_app.py"


def spec_of(path, name, **more):
    options = DOMAIN.settle(Options.parse({"optimize_for": "reliability", **more}, ""), "")
    return build_spec(path, name, options, recipe_epoch=1, default_mode="preserve")


def names(spec):
    (scoring,) = DOMAIN.scoring(spec)
    return [c.name for c in scoring.calls]


def pair(spec, code):
    return score_pair(
        code, None, spec, DOMAIN, import_name="reliable_app", filename="<c>", inputs=(), timeout=20
    )


def test_the_recipe_recovers_where_the_function_fails(path):
    """Nobody could tell a guarded function from a bare one."""
    spec = spec_of(path, "fetch")
    found = pair(spec, DOMAIN.recipe(spec).source)
    assert found.reference[0].value == 0, found
    assert found.candidate[0].value == 1, found
    assert better(*found)[0]


def test_code_that_makes_the_connection_itself_is_measured_as_well(path):
    """A rewritten function could not be scored, because it does not call the old one."""
    found = pair(spec_of(path, "fetch"), DIRECT)
    assert (found.candidate[0].value, found.reference[0].value) == (1, 0), found
    assert better(*found)[0]


def test_what_may_not_be_repeated_is_not_asked_for(path):
    """A candidate would score by sending an order twice."""
    assert "tries the connection again" in names(spec_of(path, "fetch"))
    assert "reset once" not in names(spec_of(path, "fetch"))
    assert "reset once" in names(spec_of(path, "fetch", idempotent=True))
    assert not [n for n in names(spec_of(path, "post")) if "once" in n or "again" in n]


def test_where_there_is_nothing_to_recover_from_that_is_said(path):
    """Reliability would be claimed for a function that cannot fail, or a 0 be shown."""
    (scoring,) = DOMAIN.scoring(spec_of(path, "pure"))
    assert not scoring.calls
    assert "it calls nothing that can fail" in scoring.why


def test_one_attempt_asks_for_no_recovery(path):
    """The user's own setting would count against every candidate."""
    assert not [n for n in names(spec_of(path, "fetch", config={"attempts": 1})) if "once" in n]


def test_a_wait_without_end_is_measured_where_it_can_be_ended(path):
    """A coroutine that hangs for ever would be as reliable as one that ends."""
    spec = spec_of(path, "waits")
    assert "ends a wait" in names(spec)
    found = pair(spec, DOMAIN.recipe(spec).source)
    assert found.candidate[0].value == 1, found
    assert found.reference[0].value == 0, found


def test_a_time_out_counts_however_it_is_handed_over(path):
    """A positional time-out would be taken for none."""
    (scoring,) = DOMAIN.scoring(spec_of(path, "fetch"))
    check = next(c for c in scoring.calls if c.name == "waits for no service without end")
    calls = [(["u", None, 5], {}, True), (["u"], {"timeout": 5}, True), (["u"], {}, False)]
    for given, named, good in calls:
        made = {"urllib.request.urlopen": [(given, named)]}
        assert (check.expect(Outcome("raised", (), "X", outside_calls=made)) is None) is good
