"""Adding up sales for each region."""

import polars as pl

from poet import poet


@poet()
def totals(sales: pl.DataFrame) -> pl.DataFrame:
    """Return each region with its number of sales and its sum, by region."""
    counts: dict[str, int] = {}
    sums: dict[str, int] = {}
    for region, amount in sales.select("region", "amount").iter_rows():
        counts[region] = counts.get(region, 0) + 1
        sums[region] = sums.get(region, 0) + amount
    regions = sorted(counts)
    return pl.DataFrame(
        {"region": regions, "sales": [counts[r] for r in regions], "total": [sums[r] for r in regions]},
        schema={"region": pl.String, "sales": pl.Int64, "total": pl.Int64},
    )
