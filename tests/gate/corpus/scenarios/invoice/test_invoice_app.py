import pytest
from invoice_app import Invoice, make_invoice


def test_two_lines():
    lines = [{"quantity": 2, "price": 100}, {"quantity": 1, "price": 55}]
    assert make_invoice(lines) == Invoice(net=255, tax=48, total=303, lines=2)


def test_no_tax():
    assert make_invoice([{"quantity": 1, "price": 10}], 0).total == 10


def test_negative():
    with pytest.raises(ValueError):
        make_invoice([{"quantity": -1, "price": 10}])
