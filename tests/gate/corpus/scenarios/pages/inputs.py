FUNCTION = "pages"
CASES = [(["a", "b", "c"],), ([],)]
HIDDEN = [(["x"], 5), ([str(n) for n in range(10)], 3), (["p", "q", "r", "s"], 2), (["k", "l"], 1)]
