FUNCTION = "drifted"
EQUAL = False
CASES = []
HIDDEN = [([1.0, 2.0, 3.0] * 20, [1.0, 2.0, 3.0] * 20), ([9.0, 8.0, 9.5] * 20, [1.0, 2.0, 3.0] * 20)]
