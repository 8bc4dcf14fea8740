# shows: with_columns, when and then
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    marked = sales.select("region", "amount").with_columns(
        pl.when(pl.col("amount").is_null()).then(0).otherwise(pl.col("amount")).alias("amount"),
        pl.lit(1, dtype=pl.Int64).alias("sales"),
    )
    grouped = marked.group_by("region", maintain_order=True).agg(pl.col("sales").sum(), pl.col("amount").sum())
    return grouped.rename({"amount": "total"}).sort("region")
