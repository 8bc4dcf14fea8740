"""polars-ds: statistic and critical value as Polars expressions, no p-value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import polars_ds as pds

from bench import data
from bench.worker import Job, serve


def ks(folder: Path, kind: str, n: int, m: int) -> Job:
    """Two columns of unequal length, each a literal."""
    current, reference = data.sample(folder, kind, n, m)
    x, y = pl.lit(pl.Series("x", current)), pl.lit(pl.Series("y", reference))

    def run() -> Any:
        return pl.select(pds.ks_2samp(x, y).alias("ks")).to_series()[0]

    return Job(run, n, lambda r: {"D": r["statistic"], "threshold": next(reversed(r.values()))})


def batch(folder: Path, features: int, n: int) -> Job:
    """Select all features in one query."""
    names, current, reference = data.frame(folder, features, n)
    columns = {name: current[:, i] for i, name in enumerate(names)}
    columns |= {f"{name}-r": reference[:, i] for i, name in enumerate(names)}
    table = pl.DataFrame(columns)
    tests = [pds.ks_2samp(pl.col(name), pl.col(f"{name}-r")).alias(name) for name in names]

    def run() -> int:
        found = table.select(tests).row(0)
        return sum(next(iter(r.values())) > next(reversed(r.values())) for r in found)

    return Job(run, features * n, lambda k: {"drifted": k})


def groups(folder: Path, n: int, number: int, m: int, only: int = 100) -> Job:
    """Compare each of the first groups with the whole reference, which every group sorts anew."""
    values, group = data.groups(folder, n, number)
    size = n // number
    table = pl.DataFrame({"x": values[: only * size], "g": group[: only * size]})
    reference = pl.lit(pl.Series("y", data.sample(folder, "normal", 1_000, m)[1]))

    def run() -> Any:
        return table.group_by("g").agg(pds.ks_2samp("x", reference).alias("ks"))

    return Job(run, only, lambda t: {"mean D": t["ks"].struct.field("statistic").mean()})


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples."""
    x, y = (pl.lit(pl.Series(side)) for side in data.edge(name))

    def say(found: Any) -> dict[str, Any]:
        return {"D": found["statistic"], "threshold": next(reversed(found.values()))}

    return Job(lambda: pl.select(pds.ks_2samp(x, y)).to_series()[0], 1, say)


def psi_edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Compute the PSI of one of the hard samples."""
    current, reference = data.edge(name)
    table = pl.select(
        x=pl.lit(pl.Series(current)).implode(), y=pl.lit(pl.Series(reference)).implode()
    )
    x, y = table["x"].explode(), table["y"].explode()
    return Job(lambda: pl.select(pds.psi(x, y)).item(), 1, lambda v: {"PSI": v})


if __name__ == "__main__":
    serve(
        {"ks": ks, "batch": batch, "groups": groups, "edge": edge, "psi_edge": psi_edge},
        ["polars-ds", "polars", "numpy"],
    )
