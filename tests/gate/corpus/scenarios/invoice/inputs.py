FUNCTION = "make_invoice"
CASES = [([{"quantity": 2, "price": 100}, {"quantity": 1, "price": 55}],), ([{"quantity": 1, "price": 10}], 0), ([{"quantity": -1, "price": 10}],)]
HIDDEN = [([],), ([{"quantity": 3, "price": 333}, {"quantity": 7, "price": 1}], 7), ([{"quantity": 0, "price": 5}], 19), ([{"quantity": 1}],), ([{"quantity": 9, "price": 12345}] * 5, 21)]
