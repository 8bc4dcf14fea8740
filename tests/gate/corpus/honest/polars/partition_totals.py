# shows: one frame for each region
# scenario: totals
import polars as pl


def totals(sales: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for part in sales.select("region", "amount").partition_by("region"):
        rows.append((part["region"][0], part.height, int(part["amount"].sum())))
    schema = {"region": pl.String, "sales": pl.Int64, "total": pl.Int64}
    return pl.DataFrame(sorted(rows), schema=schema, orient="row")
