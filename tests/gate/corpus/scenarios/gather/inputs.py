FUNCTION = "collect"
CASES = [([{"name": "a", "value": 1}, {"name": "b", "value": 2}],), ([{"name": "c", "broken": True}],), ([],)]
HIDDEN = [([{"name": str(n), "value": n} for n in range(9)],), ([{"name": "x", "value": -3}, {"name": "y", "broken": 1}, {"name": "z", "value": 0}],)]
