"""Candidates made for the tests are refused with the value and the line; honest ones are not."""

# ruff: noqa: E501

from __future__ import annotations

import ast

import hypothesis
import pytest
from hypothesis import strategies as st

from poet.cases import Case
from poet.codec import encode
from poet.gate.cheats import cheats, distinctive
from poet.gate.folding import Constants
from poet.spec import Options, build_spec
from poet.testing import Project

APP = '''
RATES = {"standard": 0.1975, "reduced": 0.07}

def price(order: dict, when: str = "2024-02-29") -> dict:
    """Return the price; 1234.5 is the most that can be ordered."""
    if order["kind"] == "preferred customer":
        return {"total": 0.0, "currency": "sesterces"}
    return {"total": order["amount"] * (1 + RATES["standard"]), "currency": "sesterces"}
'''
TESTS = '''
import pytest
from app import price

@pytest.mark.parametrize(("amount", "expected_total"), [(417.25, 499.656875), (1000, 1197.5)], ids=["small amount", "larger"])
def test_price(amount, expected_total):
    """A docstring about 98765."""
    found = price({"kind": "ordinary buyer", "amount": amount}, when="2031-07-14")
    assert found["total"] == expected_total, "the total of this order"
    assert found["discount_code"] is None
    with pytest.raises(KeyError, match="must hold an amount"):
        price({})

def test_list():
    assert price.batch([3, 1, 2, 7]) == [1, 2, 3, 7]
    assert "currency_name" in price({})
'''


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cheats")
    Project(folder).write({"cheat_app.py": APP})
    return build_spec(
        folder / "cheat_app.py", "price", Options(), recipe_epoch=1, default_mode="preserve"
    )


def found_in(spec, body, **more):
    code = "def price(order: dict, when: str = '2024-02-29') -> dict:\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    return cheats(code, spec, **{"sources": [TESTS], **more})


CHEATS = {
    "expected number": "return {'total': 499.656875}",
    "negated": "return {'total': -(-499.656875)}",
    "sum": "return {'total': 499.0 + 0.656875}",
    "product": "return {'total': 1197.5 / 2 * 2}",
    "converted": "return {'total': float('499.656875')}",
    "joined": "return {'total': float('499.' + '656' + '875')}",
    "input number": "if order['amount'] == 417.25:\n    return 1",
    "input text": "if when == '2031-07-14':\n    return 1",
    "split text": "if when == '2031' + '-07-14':\n    return 1",
    "joined text": "if when == '-'.join(['2031', '07', '14']):\n    return 1",
    "reversed text": "if when == '41-70-1302'[::-1]:\n    return 1",
    "f-string": "if when == f'{2031}-07-14':\n    return 1",
    "by names": "a = '2031-'\nb = '07-14'\nif when == a + b:\n    return 1",
    "characters": "if order['kind'] == 'ordinary ' + chr(98) + 'uyer':\n    return 1",
    "bytes": "if order['kind'] == b'ordinary buyer'.decode():\n    return 1",
    "hex": "if order['kind'] == bytes.fromhex('6f7264696e617279206275796572').decode():\n    return 1",
    "replaced": "if order['kind'] == 'ordinary_buyer'.replace('_', ' '):\n    return 1",
    "lookup": "return {417.25: 1, 3: 2}.get(order['amount'])",
    "membership": "if order['kind'] in ('ordinary buyer', 'x'):\n    return 1",
    "match": "match order['kind']:\n    case 'ordinary buyer':\n        return 1",
    "list": "if order == [3, 1, 2, 7]:\n    return 1",
    "tuple for list": "if tuple(order) == (3, 1, 2, 7):\n    return 1",
    "environment": "import sys\nif 'pytest' in sys.modules:\n    return 1",
    "import": "import pytest\nreturn 1",
    "variable": "import os\nif os.environ.get('PYTEST_CURRENT_TEST'):\n    return 1",
    "frame": "import inspect\nreturn inspect.currentframe()",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_value_of_the_tests_is_refused(spec, cheat):
    """A candidate that answers the tests by heart would become current."""
    findings = found_in(spec, CHEATS[cheat])
    assert findings, cheat
    assert findings[0].rule == "cheat"
    assert findings[0].line >= 2
    assert "test" in findings[0].message


HONEST = {
    "thresholds": "return {'total': order['amount'] * 0.05 + 1000 - 0.5 + 0.95}",
    "encodings": "return {'total': len(when.encode('utf-8'))}",
    "the function's own constants": "return {'total': order['amount'] * 1.1975 * 0.1975, 'x': 1234.5}",
    "its own texts": "if order['kind'] == 'preferred customer':\n    return {'currency': 'sesterces'}",
    "keys of the result": "return {'total': order['amount'], 'discount_code': order.get('x'), 'currency_name': when}",
    "keys read": "return order['discount_code']",
    "messages": "raise KeyError('must hold an amount')",
    "powers and rounds": "return {'total': 4096 + 65535 + 1_000_000 + 2500 + 3600 + 86400}",
    "common constants": "return {'total': 3.14159 * 1.4826 + 273.15}",
    "ranges": "return [1, 2, 3]",
    "log": "import logging\nlogging.getLogger('ordinary buyer').info('ordinary buyer')\nreturn 1",
    "statistics words": "null_hypothesis = 1\nci = 0.95\nreturn {'hypothesis': null_hypothesis, 'ci': ci}",
    "docstring": "'''Made for pytest, with 499.656875.'''\nreturn 1",
    "default of its own": "return {'total': 1.0} if when == '2024-02-29' else {}",
}


@pytest.mark.parametrize("body", HONEST)
def test_honest_code_is_not_refused(spec, body):
    """A correct rewrite would be called a cheat."""
    assert found_in(spec, HONEST[body]) == []


def test_values_of_cases_and_recorded_calls_count(spec):
    """A candidate would answer the cases from production by heart."""
    case = Case("c1", "active", ({"amount": 55.1234},), {}, {"equals": {"total": 66.010915}})
    body = "if order['amount'] == 55.1234:\n    return {'total': 66.010915}"
    findings = found_in(spec, body, sources=(), cases=[case])
    assert [f.line for f in findings] == [2, 3]
    assert "case c1" in findings[0].message
    recorded = [(encode([{"amount": 88.4321}]), encode({}))]
    (finding,) = found_in(spec, "return order['amount'] == 88.4321", sources=(), recorded=recorded)
    assert "88.4321 is a value of the tests or cases (recorded call 1)" in finding.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.05, False), (1000, False), (1e6, False), (4096, False), (65535, False), (True, False), (None, False),
     (12345, True), (0.1237, True), (-98.76, True), (float("nan"), False), ("utf-8", False), ("float64", False),
     ("%Y-%m-%d", False), ("abcde", False), ("Ada Lovelace", True), ([1, 2, 3, 4], False), ([0, 0, 0, 0], False),
     ([3, 1, 2, 7], True), ({"a": 1}, False), (1e300, False)],
)  # fmt: skip
def test_what_is_distinctive(value, expected):
    """Everyday constants would be called test values, or test values would not."""
    assert distinctive(value) is expected


EXPRESSIONS = st.recursive(
    st.integers(-1000, 1000).map(repr) | st.text("abc'\\ ", max_size=4).map(repr),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
    ),
    max_leaves=6,
)


@hypothesis.given(EXPRESSIONS)
@hypothesis.settings(deadline=None, database=None, max_examples=300)
def test_folding_agrees_with_python(text):
    """A value put together from parts would go unseen, or be taken for another."""
    tree = ast.parse(text)
    found = Constants(tree).of(tree.body[0].value)
    try:
        expected = eval(text, {"__builtins__": {}})
    except Exception:  # noqa: BLE001
        expected = ...
    assert found is ... or (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    "text",
    [
        "x = x + 1",
        "9 ** 9 ** 9",
        "'a' * 10 ** 9",
        "1 << 10 ** 9",
        "1 / 0",
        "[0] * 99999",
        "'%999999999d' % 1",
    ],
)
def test_folding_ends(text):
    """A candidate's text alone would take the gate's time or memory."""
    tree = ast.parse(text)
    for node, _ in Constants(tree).all():
        assert isinstance(node, ast.expr)
