# tries: groups in the order they come
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.group_by("region", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("sales"), pl.col("amount").sum().alias("total")
    )
