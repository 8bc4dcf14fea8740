# shows: window expressions and unique
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    return (
        sales.select(
            "region",
            pl.len().over("region").cast(pl.Int64).alias("sales"),
            pl.col("amount").sum().over("region").alias("total"),
        )
        .unique()
        .sort("region")
    )
