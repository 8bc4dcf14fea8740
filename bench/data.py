"""Seeded data, written once a run, so that every contestant reads the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["categories", "edge", "frame", "groups", "sample", "slide", "stream", "words"]

Floats = NDArray[np.float64]
CATEGORIES = 1_000


def _draw(kind: str, n: int, rng: np.random.Generator, current: bool) -> Floats:
    """Draw one sample; a current window differs a little from the reference."""
    found: Floats
    if kind == "lognormal":
        found = rng.lognormal(0.02 if current else 0.0, 2.0, n)
    elif kind == "uniform":
        found = rng.uniform(0.01 if current else 0.0, 1.0, n)
    elif kind == "ties":
        found = np.floor(rng.normal(50.2 if current else 50.0, 15.0, n).clip(0, 99))
    else:
        found = rng.normal(0.02 if current else 0.0, 1.0, n)
    return found


def _kept(path: Path, make: object) -> NDArray[np.generic]:
    """Return the array in `path`, written there by `make` where it does not exist yet."""
    if not path.exists():
        assert callable(make)
        np.save(path, make())
    array: NDArray[np.generic] = np.load(path)
    return array


def sample(folder: Path, kind: str, n: int, m: int) -> tuple[Floats, Floats]:
    """Return a current window of `n` and a reference of `m` values.

    `kind` is normal, lognormal, uniform, ties (100 distinct values) or copy (the reference itself,
    repeated and shuffled).
    """
    base = "normal" if kind == "copy" else kind

    def reference() -> Floats:
        return _draw(base, m, np.random.default_rng([1, m]), current=False)

    def current() -> Floats:
        rng = np.random.default_rng([2, n])
        if kind == "copy":
            return rng.permutation(np.resize(reference(), n))
        return _draw(base, n, rng, current=True)

    return (
        _kept(folder / f"{kind}-current-{n}-{m if kind == 'copy' else 0}.npy", current),
        _kept(folder / f"{base}-reference-{m}.npy", reference),
    )  # type: ignore[return-value]


def frame(
    folder: Path, features: int, n: int, shift: float = 0.05
) -> tuple[list[str], Floats, Floats]:
    """Return names, current and reference (rows x features, columns contiguous).

    Every second feature has moved by `shift` standard deviations.
    """
    rng = np.random.default_rng([3, features, n])
    names = [f"f{i:03}" for i in range(features)]

    def reference() -> Floats:
        return np.asfortranarray(rng.normal(0.0, 1.0, (features, n)).T)

    def current() -> Floats:
        drawn = np.random.default_rng([4, features, n]).normal(0.0, 1.0, (features, n))
        drawn[1::2] += shift
        return np.asfortranarray(drawn.T)

    return (
        names,
        _kept(folder / f"frame-current-{features}-{n}-{shift}.npy", current),
        _kept(folder / f"frame-reference-{features}-{n}.npy", reference),
    )  # type: ignore[return-value]


def slide(folder: Path, m: int, window: int) -> tuple[Floats, Floats]:
    """Return what fills a window and 100,000 values that follow, and a reference of `m`."""
    return sample(folder, "normal", window + 100_000, m)


def stream(folder: Path, n: int) -> Floats:
    """Return `n` values whose mean jumps ten times."""

    def make() -> Floats:
        rng = np.random.default_rng([5, n])
        means = np.repeat(np.tile([0.2, 0.6], 5), -(-n // 10))[:n]
        return np.clip(rng.normal(means, 0.1), 0.0, 1.0)

    return _kept(folder / f"stream-{n}.npy", make)  # type: ignore[return-value]


def categories(folder: Path, n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return `n` current and `n` reference codes below 1,000, with unequal shares."""
    shares = np.random.default_rng(6).dirichlet(np.ones(CATEGORIES), size=2)

    def make(side: int) -> NDArray[np.int32]:
        rng = np.random.default_rng([7, side, n])
        p = shares[0] * (0.9 if side else 1.0) + (0.1 * shares[1] if side else 0.0)
        return rng.choice(CATEGORIES, n, p=p / p.sum()).astype(np.int32)

    return (
        _kept(folder / f"codes-current-{n}.npy", lambda: make(1)),
        _kept(folder / f"codes-reference-{n}.npy", lambda: make(0)),
    )  # type: ignore[return-value]


def words() -> list[str]:
    """Return the names of the categories."""
    return [f"category-{i:04}" for i in range(CATEGORIES)]


def groups(folder: Path, n: int, number: int) -> tuple[Floats, NDArray[np.int32]]:
    """Return `n` values and the group of each, groups being contiguous and equally large."""
    rng = np.random.default_rng([8, n])
    values = _kept(folder / f"groups-{n}.npy", lambda: rng.normal(0.02, 1.0, n))
    return values, np.arange(number, dtype=np.int32).repeat(n // number)  # type: ignore[return-value]


def edge(name: str) -> tuple[Floats, Floats]:
    """Return small samples that are hard to compare; see `bench.rows` for what each holds."""
    rng = np.random.default_rng(10)
    size = 20_000 if name == "outlier" else 500
    current, reference = rng.normal(0.0, 1.0, size), rng.normal(0.0, 1.0, size)
    if name == "nan":
        current[::10] = np.nan
    elif name == "inf":
        current[0], reference[0] = np.inf, -np.inf
    elif name == "ties":
        current, reference = np.round(current), np.round(reference)
    elif name == "zeros":
        current, reference = np.full(500, 0.0), np.full(500, -0.0)
    elif name == "constant":
        current, reference = np.full(500, 1.0), np.full(500, 1.0)
    elif name == "ulp":
        current, reference = np.full(500, 1.0), np.full(500, np.nextafter(1.0, 2.0))
    elif name == "outlier":
        current, reference[0] = current + 0.5, 1e9
    elif name == "small":
        current, reference = current[:10] + 3.0, reference[:10]
    elif name == "empty":
        current = current[:0]
    return current, reference
