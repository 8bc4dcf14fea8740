from decimal import Decimal

from money_app import settle


def test_two_people():
    found = settle([{"by": "ann", "amount": "10.00", "for": ["ann", "bob"]}])
    assert found == {"ann": Decimal("5.00"), "bob": Decimal("-5.00")}


def test_nothing():
    assert settle([]) == {}
