"""What the audit learns of the user's own types, and that callers hand it on."""

import pytest
from audit_helpers import LIBRARIES

from poet.gate import audit, known_attributes
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
from dataclasses import dataclass

@dataclass
class Order:
    shipped_on: int
    def due_in(self):
        return self.shipped_on + self._slack
    def write_row(self, frame):
        return frame.query("x")

def helper(order):
    return order.weight_of_it

def check(order: Order, session):
    match order:
        case Order(shipped_on=x):
            pass
    session.commit_now()
    return helper(order) + order.__class__.stamp
"""


@pytest.fixture
def spec(tmp_path):
    Project(tmp_path).write({"orders_app.py": APP})
    return build_spec(
        tmp_path / "orders_app.py", "check", Options(), recipe_epoch=1, default_mode="preserve"
    )


def test_known_are_the_names_of_the_source_and_its_closure(spec):
    """A candidate for a function on the user's own type could not read its fields."""
    known = known_attributes(spec)
    assert {"shipped_on", "due_in", "_slack", "weight_of_it", "commit_now", "stamp"} <= known
    assert not [n for n in known if n.startswith("__")]


def test_closed_names_are_known_only_where_the_user_defines_them(spec):
    """A function that queries a frame would open queries as text to its candidates."""
    known = known_attributes(spec)
    assert "write_row" in known
    assert "query" not in known


def test_known_names_are_accepted(spec):
    """An honest candidate for that function would be refused."""
    code = "def check(order, session):\n    session.commit_now()\n    return order.weight_of_it\n"
    assert audit(code, "check", LIBRARIES, known_attributes(spec)) == []
    assert {f.rule for f in audit(code, "check", LIBRARIES)} == {"attribute"}
