import polars as pl

FUNCTION = "totals"
CASES = [(pl.DataFrame({"region": ["n", "s", "n"], "amount": [1, 2, 3]}),), (pl.DataFrame({"region": ["x"], "amount": [-5]}),)]
HIDDEN = [(pl.DataFrame({"region": ["b", "a", "ä", "a"] * 5, "amount": list(range(20))}),), (pl.DataFrame({"amount": [9, 9], "region": ["z", "y"], "other": [1.5, 2.5]}),)]
