# shows: a lazy frame, collected once
# scenario: totals
import polars as pl

COUNT = pl.len().cast(pl.Int64).alias("sales")
TOTAL = pl.col("amount").cast(pl.Int64).sum().alias("total")


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    wanted = sales.lazy().select("region", "amount")
    return wanted.group_by("region").agg(COUNT, TOTAL).sort("region").collect()
