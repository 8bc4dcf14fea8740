# shows: plain counters over the columns
# scenario: totals
from collections import Counter, defaultdict

import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    regions, amounts = sales["region"].to_list(), sales["amount"].to_list()
    counts = Counter(regions)
    sums: dict[str, int] = defaultdict(int)
    for region, amount in zip(regions, amounts):
        sums[region] += amount
    order = sorted(counts)
    return pl.DataFrame(
        {"region": order, "sales": [counts[r] for r in order], "total": [sums[r] for r in order]},
        schema={"region": pl.String, "sales": pl.Int64, "total": pl.Int64},
    )
