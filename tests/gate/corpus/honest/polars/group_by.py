# shows: group_by and agg
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    return (
        sales.group_by("region")
        .agg(pl.len().cast(pl.Int64).alias("sales"), pl.col("amount").sum().alias("total"))
        .sort("region")
    )
