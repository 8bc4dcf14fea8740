"""SciPy, NumPy and Polars, from the project's own environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench import data
from bench.worker import Job, serve


def _ks(result: Any) -> dict[str, Any]:
    """Return statistic and p-value of a SciPy result."""
    return {"D": float(result.statistic), "p": float(result.pvalue)}


def ks_scipy(folder: Path, kind: str, n: int, m: int, method: str = "asymp") -> Job:
    """SciPy's test of two raw samples."""
    from scipy import stats

    current, reference = data.sample(folder, kind, n, m)
    return Job(lambda: stats.ks_2samp(current, reference, method=method), n, _ks)


def ks_numpy(folder: Path, kind: str, n: int, m: int) -> Job:
    """Compute the exact statistic with a kept sorted reference, without p-value."""
    current, reference = data.sample(folder, kind, n, m)
    values, counts = np.unique(reference, return_counts=True)
    at = np.cumsum(counts) / m
    below = at - counts / m

    def run() -> float:
        ordered = np.sort(current)
        right = np.searchsorted(ordered, values, side="right") / n
        left = np.searchsorted(ordered, values, side="left") / n
        return float(max(np.abs(right - at).max(), np.abs(left - below).max()))

    return Job(run, n, lambda d: {"D": d})


def total(folder: Path, kind: str, n: int, m: int) -> Job:
    """Read the current window once."""
    current, _ = data.sample(folder, kind, n, m)
    return Job(lambda: np.sum(current), n)


def sort(folder: Path, kind: str, n: int, m: int) -> Job:
    """Sort a reference, which is the least that keeping it for NumPy costs."""
    _, reference = data.sample(folder, kind, n, m)
    return Job(lambda: np.sort(reference), m)


def batch_scipy(folder: Path, features: int, n: int, shift: float = 0.05) -> Job:
    """Loop over features: statistic, p-value and decision."""
    from scipy import stats

    _, current, reference = data.frame(folder, features, n, shift)

    def run() -> list[bool]:
        found = []
        for i in range(features):
            test = stats.ks_2samp(current[:, i], reference[:, i], method="asymp")
            found.append(test.pvalue < 0.05)
        return found

    return Job(run, features * n, lambda f: {"drifted": sum(map(bool, f))})


def sliding_scipy(folder: Path, m: int, window: int, steps: int = 100) -> Job:
    """Test from scratch after every value."""
    from scipy import stats

    current, reference = data.slide(folder, m, window)

    def run() -> Any:
        for i in range(steps):
            test = stats.ks_2samp(current[i + 1 : i + 1 + window], reference, method="asymp")
        return test

    return Job(run, steps, _ks)


def categorical(folder: Path, n: int, kind: str) -> Job:
    """Count with Polars, compare with SciPy; the reference's counts are kept."""
    import polars as pl
    from scipy import stats
    from scipy.spatial.distance import jensenshannon

    current, reference = data.categories(folder, n)
    names = data.words()
    dtype = pl.Enum(names) if kind == "codes" else pl.String
    column = pl.Series("k", np.asarray(names, dtype=object)[current], dtype=dtype)
    kept = np.bincount(reference, minlength=len(names)).astype(float) + 0.5
    q = kept / kept.sum()
    order = pl.DataFrame({"k": pl.Series(names, dtype=dtype)})

    def run() -> tuple[float, float, float]:
        counted = column.value_counts()
        counts = order.join(counted, on="k", how="left", maintain_order="left")["count"]
        p = counts.fill_null(0).to_numpy() + 0.5
        p = p / p.sum()
        return (
            float(stats.entropy(p, q)),
            float(((p - q) * np.log(p / q)).sum()),
            float(jensenshannon(p, q)),
        )

    return Job(run, n, lambda r: {"KL": r[0], "PSI": r[1], "JS": r[2]})


def p_value(folder: Path, n: int, m: int) -> Job:  # noqa: ARG001
    """Return SciPy's p-values for one pair of sizes."""
    from scipy.stats import distributions

    size = np.round(n * m / (n + m))
    levels = [float(distributions.kstwo.isf(p, size)) for p in (0.5, 0.05, 0.001, 1e-9)]

    def run() -> list[float]:
        return [float(distributions.kstwo.sf(d, size)) for d in levels]

    return Job(run, len(levels), lambda p: {"p": p})


def groups(folder: Path, n: int, number: int, m: int, only: int = 100) -> Job:
    """Loop over the first groups."""
    import polars as pl
    from scipy import stats

    values, group = data.groups(folder, n, number)
    size = n // number
    table = pl.DataFrame({"x": values[: only * size], "g": group[: only * size]})
    _, reference = data.sample(folder, "normal", 1_000, m)

    def run() -> list[float]:
        parts = table.partition_by("g", maintain_order=True)
        return [
            float(stats.ks_2samp(part["x"].to_numpy(), reference, method="asymp").statistic)
            for part in parts
        ]

    return Job(run, only, lambda d: {"mean D": float(np.mean(d))})


def counts(folder: Path, k: int) -> Job:  # noqa: ARG001
    """Compute KL divergence, G-test and total variation of two count vectors with SciPy."""
    from scipy import stats

    current, reference = count_vectors(k)

    def run() -> tuple[float, float]:
        divergence = stats.entropy(current + 0.5, reference + 0.5)
        test = stats.chi2_contingency(
            [current, reference], lambda_="log-likelihood", correction=False
        )
        np.abs(current / current.sum() - reference / reference.sum()).sum()
        return float(divergence), float(test.pvalue)

    return Job(run, 1, lambda r: {"KL": r[0], "p": r[1]})


def count_vectors(k: int) -> tuple[Any, Any]:
    """Return current and reference counts of `k` categories."""
    rng = np.random.default_rng(9)
    shares = rng.dirichlet(np.ones(k))
    return rng.multinomial(1_000_000, shares) + 1, rng.multinomial(100_000, shares) + 1


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples, missing values left out first."""
    from scipy import stats

    current, reference = (side[~np.isnan(side)] for side in data.edge(name))
    return Job(lambda: stats.ks_2samp(current, reference), 1, _ks)


def closure(folder: Path, n: int) -> Job:
    """Call an empty Python closure once a value: the floor under any call a value."""
    values = data.stream(folder, n).tolist()
    total = 0

    def call(value: float) -> None:  # noqa: ARG001
        nonlocal total
        total += 1

    def run() -> None:
        for value in values:
            call(value)

    return Job(run, n)


if __name__ == "__main__":
    tasks = [
        ks_scipy, ks_numpy, total, sort, batch_scipy, sliding_scipy, categorical, p_value, groups,
        counts, closure, edge,
    ]  # fmt: skip
    serve({task.__name__: task for task in tasks}, ["scipy", "numpy", "polars"])
