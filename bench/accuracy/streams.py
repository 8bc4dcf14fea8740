"""Streams with known drift points: made up, and drawn from real columns with a drift planted.

A stream is a reference, then rows without change, then rows after the change. Written once by the
project's environment, read with NumPy alone by every side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["AFTER", "BEFORE", "REFERENCE", "WINDOW", "Stream", "load", "score", "windows", "write"]

Floats = NDArray[np.float64]
REFERENCE, WINDOW, BEFORE, AFTER = 5_000, 500, 16, 20
GRADUAL = 10 * WINDOW
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream.

    Attributes:
        name: Where the values come from.
        group: "synthetic" or "real".
        kind: "numbers" or "categories"; categories are whole numbers.
        change: What changes, "none" for nothing.
        at: The first changed row after the reference, the number of rows where nothing changes.
        position: Which row of the file it is.
    """

    name: str
    group: str
    kind: str
    change: str
    at: int
    position: int


def _ramp(rows: int, at: int) -> Floats:
    """Return how far a gradual change has come at each row: 0 before, 1 at its end."""
    return np.clip((np.arange(rows) - at + 1) / GRADUAL, 0.0, 1.0)


def _mixture(rng: np.random.Generator, n: int) -> Floats:
    return np.where(rng.random(n) < 0.7, rng.normal(0.0, 1.0, n), rng.normal(5.0, 0.5, n))


SHAPES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "Student's t, 3 degrees": lambda rng, n: rng.standard_t(3, n),
    "two peaks": _mixture,
}
CHANGES: dict[str, Callable[[Floats, Floats, float, np.random.Generator], Floats]] = {
    "none": lambda x, after, unit, rng: x,  # noqa: ARG005
    "shift 0.2 sd": lambda x, after, unit, rng: x + 0.2 * unit * (after > 0),  # noqa: ARG005
    "shift 0.5 sd": lambda x, after, unit, rng: x + 0.5 * unit * (after > 0),  # noqa: ARG005
    "gradual, to 0.5 sd": lambda x, after, unit, rng: x + 0.5 * unit * after,  # noqa: ARG005
    "scale × 1.25": lambda x, after, unit, rng: np.where(after > 0, 1.25 * x, x),  # noqa: ARG005
    "2 % of rows 8 sd away": lambda x, after, unit, rng: (
        x + 8 * unit * ((after > 0) & (rng.random(len(x)) < 0.02))
    ),
}


def _unit(values: Floats) -> float:
    """Return the spread as a normal sample's standard deviation, whatever the tails do."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349 or float(values.std())


def _synthetic(rng: np.random.Generator, rows: int) -> Iterator[tuple[dict[str, object], Floats]]:
    """Yield made-up streams: numbers of several shapes, then categories."""
    for name, shape in SHAPES.items():
        unit = _unit(shape(np.random.default_rng(0), 100_000))
        for change, apply in CHANGES.items():
            for _ in range(REPEATS):
                at = rows if change == "none" else BEFORE * WINDOW + int(rng.integers(WINDOW))
                values = shape(rng, REFERENCE + rows)
                # Anything above 0 counts as changed; a ramp begins with its first step.
                after = np.concatenate([np.zeros(REFERENCE), _ramp(rows, at)])
                yield (
                    {
                        "name": name,
                        "group": "synthetic",
                        "kind": "numbers",
                        "change": change,
                        "at": at,
                    },
                    apply(values, after, unit, rng),
                )
    for change in ("none", "share + 0.1", "gradual, to + 0.1", "unseen, 3 % of rows"):
        for _ in range(REPEATS):
            at = rows if change == "none" else BEFORE * WINDOW + int(rng.integers(WINDOW))
            shares = np.sort(rng.dirichlet(np.full(10, 2.0)))[::-1]
            values = rng.choice(10, REFERENCE + rows, p=shares).astype(float)
            yield (
                {"name": "10 categories", "group": "synthetic", "kind": "categories",
                 "change": change, "at": at},
                _recode(values, change, at, 5.0, 10.0, rng),
            )  # fmt: skip


def _recode(
    values: Floats, change: str, at: int, grows: float, unseen: float, rng: np.random.Generator
) -> Floats:
    """Return the values with one category grown or a new one from row `at` on."""
    after = _ramp(len(values) - REFERENCE, at)
    if change == "none":
        return values
    size = 0.03 if change.startswith("unseen") else 0.1
    share = size * (after if change.startswith("gradual") else after > 0)
    hit = rng.random(len(values)) < np.concatenate([np.zeros(REFERENCE), share])
    return np.where(hit, unseen if change.startswith("unseen") else grows, values)


def _columns() -> Iterator[tuple[str, str, Floats]]:
    """Yield name, kind and values of the real columns, rows with missing values left out."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
    from vega_datasets import local_data

    weather = local_data.seattle_weather()
    for name in ("precipitation", "temp_max", "wind"):
        yield f"seattle-weather {name}", "numbers", weather[name].to_numpy().astype(float)
    yield "seattle-weather weather", "categories", _codes(list(weather["weather"]))
    yield "sf-temps temp", "numbers", local_data.sf_temps()["temp"].to_numpy().astype(float)
    airports = local_data.airports()
    yield "airports latitude", "numbers", airports["latitude"].to_numpy().astype(float)
    yield "airports state", "categories", _codes(list(airports["state"].dropna()))
    cancer = load_breast_cancer()
    for name in ("mean texture", "mean area", "area error"):
        at = list(cancer.feature_names).index(name)
        yield f"breast_cancer {name}", "numbers", cancer.data[:, at]
    yield "diabetes bmi", "numbers", load_diabetes().data[:, 2]
    yield "wine proline", "numbers", load_wine().data[:, 12]
    yield "digits pixel 20", "numbers", load_digits().data[:, 20]


def _codes(names: list[str]) -> Floats:
    order = {name: float(i) for i, name in enumerate(sorted(set(map(str, names))))}
    return np.array([order[str(name)] for name in names])


def _tilted(pool: Floats, rng: np.random.Generator, n: int, share: float) -> Floats:
    """Draw rows of the pool; `share` of them from its upper half only."""
    upper = np.sort(pool)[len(pool) // 2 :]
    return np.where(rng.random(n) < share, rng.choice(upper, n), rng.choice(pool, n))


def _real(rng: np.random.Generator, rows: int) -> Iterator[tuple[dict[str, object], Floats]]:
    """Yield rows drawn from real columns, independently, so that nothing but what is planted moves."""
    planted = {
        "numbers": (
            "none",
            "higher half more often",
            "5 % of rows × 10",
            "20 % of rows the median",
        ),
        "categories": ("none", "share + 0.1", "unseen, 3 % of rows"),
    }
    for name, kind, pool in _columns():
        for change in planted[kind]:
            for _ in range(REPEATS):
                at = rows if change == "none" else BEFORE * WINDOW + int(rng.integers(WINDOW))
                values = rng.choice(pool, REFERENCE + rows)
                said = {"name": name, "group": "real", "kind": kind, "change": change, "at": at}
                if kind == "categories":
                    common = float(np.bincount(pool.astype(int)).argmax())
                    yield said, _recode(values, change, at, common, pool.max() + 1, rng)
                    continue
                tail = values[REFERENCE + at :]
                if change.startswith("higher"):
                    tail[:] = _tilted(pool, rng, len(tail), 0.25)
                elif change.startswith("5 %"):
                    tail[rng.random(len(tail)) < 0.05] *= 10
                elif change.startswith("20 %"):
                    tail[rng.random(len(tail)) < 0.2] = np.median(pool)
                yield said, values


def write(folder: Path) -> None:
    """Write all streams: one array, one row a stream, and what is known of each."""
    rng, rows = np.random.default_rng(13), (BEFORE + AFTER) * WINDOW
    known, values = [], []
    for made in (_synthetic(rng, rows), _real(rng, rows)):
        for said, row in made:
            known.append(asdict(Stream(**said, position=len(known))))  # type: ignore[arg-type]
            values.append(row)
    np.save(folder / "streams.npy", np.stack(values))
    (folder / "streams.json").write_text(json.dumps(known), encoding="utf-8")


def load(folder: Path) -> tuple[list[Stream], Floats]:
    """Return the streams and their values, one row each, the reference first."""
    known = json.loads((folder / "streams.json").read_text(encoding="utf-8"))
    return [Stream(**said) for said in known], np.load(folder / "streams.npy")


def windows() -> Iterator[tuple[int, slice]]:
    """Yield the end of each window, counted after the reference, and where it lies in a row."""
    for start in range(0, (BEFORE + AFTER) * WINDOW, WINDOW):
        yield start + WINDOW, slice(REFERENCE + start, REFERENCE + start + WINDOW)


def score(stream: Stream, alarms: list[int]) -> dict[str, object]:
    """Return what one side's alarms on one stream are worth.

    Args:
        stream: What is known of it.
        alarms: Rows after the reference at which an alarm was given; of a window, its end.

    Returns:
        Windows before the change and how many of them had an alarm, and for a stream with a change
        the rows from it to the first alarm after it, None where there was none. The window in which
        the change lies counts as after it, an alarm in it before the change as neither.
    """
    quiet = stream.at // WINDOW
    wrong = {(row - 1) // WINDOW for row in alarms if (row - 1) // WINDOW < quiet}
    after = [row - stream.at for row in alarms if row > stream.at]
    said: dict[str, object] = {"windows": quiet, "false": len(wrong)}
    if stream.change != "none":
        said["delay"] = min(after, default=None)
    return said
