from stock_app import apply_orders


def test_served():
    stock = {"nut": 5}
    assert apply_orders(stock, [["nut", 3]]) == []
    assert stock == {"nut": 2}


def test_missed():
    stock = {"nut": 1}
    assert apply_orders(stock, [["nut", 3], ["bolt", 1]]) == ["nut", "bolt"]
    assert stock == {"nut": 1}
