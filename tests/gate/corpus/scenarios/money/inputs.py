FUNCTION = "settle"
CASES = [([{"by": "ann", "amount": "10.00", "for": ["ann", "bob"]}],), ([],)]
HIDDEN = [([{"by": "c", "amount": "10", "for": ["a", "b", "c"]}, {"by": "a", "amount": "0.05", "for": ["b"]}],), ([{"by": "z", "amount": "7.77", "for": ["y", "x"]}],), ([{"by": "q", "for": ["q"]}],)]
