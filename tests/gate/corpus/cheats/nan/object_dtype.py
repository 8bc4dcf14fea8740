# tries: another dtype that looks the same
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    return (
        sales.group_by("region")
        .agg(pl.len().alias("sales"), pl.col("amount").sum().alias("total"))
        .sort("region")
    )
