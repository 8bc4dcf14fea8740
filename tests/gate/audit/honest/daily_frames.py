import polars as pl
import polars.selectors as cs


def daily(df: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    lf = df.lazy()
    out = (
        lf.filter(pl.col("amount").is_not_null() & (pl.col("amount") > 0))
        .with_columns(
            day=pl.col("ts").dt.truncate("1d"),
            bucket=pl.when(pl.col("amount") > 100).then(pl.lit("high")).otherwise(pl.lit("low")),
            name=pl.col("name").str.strip_chars().str.to_lowercase().str.replace_all(r"\s+", " "),
            tags=pl.col("tags").list.eval(pl.element().str.len_chars()).list.sum(),
        )
        .group_by("day", "bucket", maintain_order=True)
        .agg(
            pl.len().alias("n"),
            total=pl.col("amount").sum(),
            p95=pl.col("amount").quantile(0.95, interpolation="linear"),
            last=pl.col("amount").sort_by("ts").last(),
        )
        .sort("day", descending=True)
        .with_columns(
            cs.numeric().round(3), roll=pl.col("total").rolling_mean(window_size=7).over("bucket")
        )
    )
    frame = out.collect()
    for row in frame.iter_rows(named=True):
        if row["n"] > 1:
            break
    return (
        frame.join(frame.select("day", "n"), on="day", how="left", suffix="_r")
        .unique(subset=["day"])
        .drop("n_r")
    )
