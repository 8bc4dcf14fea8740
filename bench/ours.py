"""Our side of every row, through the public API of `poet.stats` only.

What does not exist yet is reported as "not built". All knowledge of the API's names is here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import data
from bench.worker import Job, NotBuiltError, serve

if TYPE_CHECKING:
    import polars as pl


def _api(*names: str) -> Any:
    """Return the first of `names` that `poet.stats` has."""
    import poet.stats

    for name in names:
        if hasattr(poet.stats, name):
            return getattr(poet.stats, name)
    raise NotBuiltError(f"poet.stats has no {names[0]}")


def _method(owner: Any, *names: str) -> Any:
    """Return the first of `names` that `owner` has."""
    for name in names:
        if hasattr(owner, name):
            return getattr(owner, name)
    raise NotBuiltError(f"{type(owner).__name__} has no {names[0]}")


def _ks(result: Any) -> dict[str, Any]:
    return {"D": result.statistic, "p": result.p_value}


def ks(folder: Path, kind: str, n: int, m: int) -> Job:
    """Compare with a fitted profile."""
    current, reference = data.sample(folder, kind, n, m)
    test = _method(_api("Profile").fit(reference), "ks")
    return Job(lambda: test(current), n, _ks)


def ks_2samp(folder: Path, kind: str, n: int, m: int) -> Job:
    """Compare two raw samples, nothing kept."""
    current, reference = data.sample(folder, kind, n, m)
    test = _api("ks_2samp")
    return Job(lambda: test(current, reference), n, _ks)


def fit(folder: Path, kind: str, n: int, m: int) -> Job:
    """Fit the profile of one column."""
    _, reference = data.sample(folder, kind, n, m)
    make = _api("Profile").fit
    return Job(lambda: make(reference), m)


def _frames(
    folder: Path, features: int, n: int, shift: float = 0.05
) -> tuple[pl.DataFrame, pl.DataFrame]:
    import polars as pl

    names, *sides = data.frame(folder, features, n, shift)
    current, reference = (
        pl.DataFrame({name: side[:, i] for i, name in enumerate(names)}) for side in sides
    )
    return current, reference


def batch(folder: Path, features: int, n: int, kept: bool, threads: int = 0) -> Job:
    """Decide on every column; `kept` says whether the reference was fitted before."""
    drift = _api("drift")
    current, reference = _frames(folder, features, n)
    against = _api("FrameProfile").fit(reference) if kept else reference

    def run() -> Any:
        return drift(against, current, methods="ks", threads=threads)

    def say(table: Any) -> dict[str, Any]:
        return {"drifted": int((table["p_value"] < 0.05).sum())}

    return Job(run, features * n, say)


def report(folder: Path, features: int, n: int, ask: str = "frame", shift: float = 0.05) -> Job:
    """Make a complete report of a frame: every check of every feature, with its reasons.

    `ask` is frame (the reference is kept, the report ends as a frame), json (and as JSON too) or fit
    (the reference is fitted anew).
    """
    from poet_domain_ml_monitoring import Monitor

    def fit(table: pl.DataFrame) -> Any:
        return Monitor.fit(table, emit=lambda *_: None)

    current, reference = _frames(folder, features, n, shift)
    if ask == "fit":
        return Job(lambda: fit(reference).check(current).to_frame(), features * n, _drifted)
    return Job(_reporting(fit(reference), current, ask), features * n, _drifted)


def _reporting(monitor: Any, current: pl.DataFrame, ask: str) -> Callable[[], Any]:
    """Return the timed call, which holds the fitted reference and not its rows."""

    def run() -> Any:
        made = monitor.check(current)
        table = made.to_frame()
        if ask == "json":
            _method(made, "to_json")()
        return table

    return run


def _drifted(table: pl.DataFrame) -> dict[str, Any]:
    return {"drifted": int((table["status"] == "drift").sum())}


def sliding(folder: Path, m: int, window: int, steps: int = 100_000, ask: str = "all") -> Job:
    """Slide over a batch: every statistic, decisions only, or one call a value."""
    make = _api("SlidingKS")
    current, reference = data.slide(folder, m, window)

    def full() -> Any:
        made = make(reference, window)
        made.push(current[:window])
        return made

    def hundredth(found: Any) -> dict[str, Any]:
        return {"D": float(np.asarray(getattr(found, "statistic", found))[99])}

    newest = current[window : window + steps]
    values = newest.tolist()
    if ask == "decisions":
        return Job(
            lambda made: made.drifted(newest, alpha=0.05),
            steps,
            lambda found: {"drifted": int(np.sum(np.asarray(found)))},
            setup=full,
        )
    if ask == "calls":

        def run(made: Any) -> Any:
            push = made.push_one
            for value in values:
                found = push(value)
            return found

        return Job(run, steps, setup=full)
    return Job(lambda made: made.push(newest), steps, hundredth, setup=full)


def detector(folder: Path, n: int, name: str, ask: str = "batch") -> Job:
    """Feed an adaptive detector a batch, or one value a call."""
    make = _api(name)
    stream = data.stream(folder, n)
    values = stream.tolist()

    def run(made: Any) -> Any:
        if ask == "batch":
            return made.push(stream)
        push, found = made.push_one, []
        for i, value in enumerate(values):
            if push(value):
                found.append(i)
        return found

    def say(found: Any) -> dict[str, Any]:
        return {"drifts": len(found), "first": [int(i) for i in found[:3]]}

    return Job(run, n, say, setup=make)


def categorical(folder: Path, n: int, kind: str) -> Job:
    """KL, PSI and JS of one column against a kept profile."""
    import polars as pl

    names = data.words()
    dtype = pl.Enum(names) if kind == "codes" else pl.String
    current, reference = (
        pl.Series("k", np.asarray(names, dtype=object)[codes], dtype=dtype)
        for codes in data.categories(folder, n)
    )
    profile = _api("Profile").fit(reference)
    count = _method(profile, "counts")
    kl, psi, js = (_method(profile, name) for name in ("kl", "psi", "js"))

    def run() -> tuple[Any, Any, Any]:
        counts = count(current)
        return kl(counts), psi(counts), js(counts)

    def say(found: tuple[Any, Any, Any]) -> dict[str, Any]:
        distances = [getattr(f, "distance", f) for f in found]
        return dict(zip(("KL", "PSI", "JS"), distances, strict=True))

    return Job(run, n, say)


def p_value(folder: Path, n: int, m: int) -> Job:  # noqa: ARG001
    """Ask for p-values alone, at four levels of one pair of sizes."""
    from scipy.stats import distributions

    call = _api("ks_p_value")
    size = np.round(n * m / (n + m))
    levels = [float(distributions.kstwo.isf(p, size)) for p in (0.5, 0.05, 0.001, 1e-9)]
    return Job(
        lambda: [call(d, n, m) for d in levels],
        len(levels),
        lambda found: {"p": [float(getattr(p, "p_value", p)) for p in found]},
    )


def groups(folder: Path, n: int, number: int, m: int) -> Job:
    """Test every group in one query."""
    import polars as pl

    import poet.stats.polars  # noqa: F401  # gives expressions their namespace

    profile = _api("Profile").fit(data.sample(folder, "normal", 1_000, m)[1])
    values, group = data.groups(folder, n, number)
    table = pl.DataFrame({"x": values, "g": group})
    column: Any = pl.col("x")
    test = _method(_method(column, "poet"), "ks")(profile).alias("ks")

    def say(found: Any) -> dict[str, Any]:
        return {"mean D": found["ks"].struct.field("statistic").mean()}

    return Job(lambda: table.group_by("g").agg(test), number, say)


def counts(folder: Path, k: int) -> Job:  # noqa: ARG001
    """KL divergence, G-test and total variation of two count vectors."""
    from bench.peers.base import count_vectors

    current, reference = count_vectors(k)
    call = _api("kl_divergence")

    def say(found: Any) -> dict[str, Any]:
        return {"KL": found.distance, "p": found.p_value}

    return Job(lambda: call(current, reference), 1, say)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples."""
    current, reference = data.edge(name)
    call = _api("ks_2samp")

    def say(found: Any) -> dict[str, Any]:
        return {"D": found.statistic, "p": found.p_value, "status": found.status}

    return Job(lambda: call(current, reference), 1, say)


if __name__ == "__main__":
    tasks: list[Callable[..., Job]] = [
        ks, ks_2samp, fit, batch, report, sliding, detector, categorical, p_value, groups, counts, edge,
    ]  # fmt: skip
    serve({task.__name__: task for task in tasks}, ["poet-ml", "numpy", "polars"])
