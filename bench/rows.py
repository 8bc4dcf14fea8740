"""The rows of the table: what is compared with what, and the aim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.measure import Contestant

__all__ = ["EDGE_TEXTS", "ROWS", "Case", "Row"]


@dataclass(frozen=True, slots=True)
class Case:
    """One set of data and those who work on it; the first contestant is ours."""

    name: str
    params: dict[str, Any]
    contestants: list[Contestant]
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cases that answer one question.

    Attributes:
        key: Its name on the command line, in the results and in `notes.md`.
        title: Heading on the page.
        text: What is measured and what is not.
        unit: What one nanosecond figure is for.
        cases: The cases, each measured on its own.
        shown: False where only a plot shows it.
        timed: False where the answers are the point.
        kind: Which time the ratios are of, "wall" or "cpu".
    """

    key: str
    title: str
    text: str
    unit: str
    cases: list[Case] = field(default_factory=list)
    shown: bool = True
    timed: bool = True
    kind: str = "wall"


def _ours(task: str, label: str = "POET", **params: Any) -> Contestant:
    threads = params.get("threads")
    env = {"RAYON_NUM_THREADS": str(threads), "POLARS_MAX_THREADS": str(threads)} if threads else {}
    return Contestant(label, "ours", task, params, env)


def _peer(label: str, module: str, task: str, **params: Any) -> Contestant:
    threads = params.pop("threads", None)
    env = {"POLARS_MAX_THREADS": str(threads)} if threads else {}
    return Contestant(label, f"peers.{module}", task, params, env)


SCIPY = "SciPy `ks_2samp`"
NUMPY = "NumPy, sorted reference kept, no p"
POLARS_DS = "polars-ds, no p"
SUM = "`np.sum` of the window"

_KS = [
    _ours("ks"),
    _peer(SUM, "base", "total"),
    _peer(NUMPY, "base", "ks_numpy"),
    _peer(POLARS_DS, "polars_ds", "ks"),
    _peer(SCIPY, "base", "ks_scipy"),
]


def _ks_case(name: str, kind: str, n: int, m: int = 100_000) -> Case:
    return Case(name, {"kind": kind, "n": n, "m": m}, _KS, heavy=max(n, m) >= 10_000_000)


def _size(n: int) -> str:
    return f"{n:,}"


KS = Row(
    "ks",
    "Exact Kolmogorov-Smirnov against a fitted reference",
    "Statistic and p-value of one current window against 100,000 reference rows. POET and NumPy "
    "keep the reference between calls; fitting it is [measured below](#fit-of-the-profile). "
    "SciPy and polars-ds take both samples at every call. A current window that copies the "
    "reference is the worst case: no part of it can be ruled out early.",
    "row",
    [
        *(
            _ks_case(f"normal, {_size(n)} rows", "normal", n)
            for n in (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
        ),
        _ks_case("lognormal, 1,000,000 rows", "lognormal", 1_000_000),
        _ks_case("uniform, 1,000,000 rows", "uniform", 1_000_000),
        _ks_case("100 distinct values, 1,000,000 rows", "ties", 1_000_000),
        _ks_case("copy of the reference, 1,000,000 rows", "copy", 1_000_000),
    ],
)

KS_RAW = Row(
    "ks-raw",
    "Kolmogorov-Smirnov of two raw samples",
    "Nothing is kept between calls. Below 10,000 rows both p-values are exact.",
    "row",
    [
        Case(
            f"{_size(n)} against {_size(m)} rows",
            {"kind": "normal", "n": n, "m": m},
            [_ours("ks_2samp"), _peer(SCIPY, "base", "ks_scipy", method="auto")],
        )
        for n, m in ((500, 500), (10_000, 10_000), (1_000_000, 100_000))
    ],
)

_BATCH = [
    _ours("batch", "POET, profile kept", kept=True),
    _ours("batch", "POET, two frames", kept=False),
    _peer("SciPy `ks_2samp`, loop", "base", "batch_scipy"),
    _peer("polars-ds KS, one query", "polars_ds", "batch"),
    _peer("Scouter PSI, 10 bins, profile kept", "scouter", "batch"),
    _peer("NannyML KS, binned, fitted", "nannyml", "batch"),
    _peer("frouros `KSTest`, fitted", "frouros", "batch"),
    _peer("alibi-detect `KSDrift`, fitted", "alibi_detect", "batch"),
    _peer("whylogs KS of sketches, profile kept", "whylogs", "batch"),
    _peer("Evidently preset, KS", "evidently", "batch", method="ks"),
    _peer("Evidently preset, default", "evidently", "batch", method=None),
]
BATCH = Row(
    "batch",
    "All columns of a frame",
    "Statistic and decision, and a p-value where the peer has one, for every feature of a window "
    "of 50,000 rows against 50,000 reference rows; every second feature has moved. Time per cell "
    "of the current frame. Where a peer can keep something of the reference, making that is not "
    "timed. Data are in memory, in the peer's own kind of frame. Memory is the peak of the whole "
    "process, with libraries and data, and beside it what the work added. Evidently gets the first "
    "50 features only, since all 200 take it more than 8 GB.",
    "cell",
    [Case("200 features, 50,000 rows", {"features": 200, "n": 50_000}, _BATCH)],
)

FIT = Row(
    "fit",
    "Fit of the profile",
    "One reference column.",
    "row",
    [
        Case(
            f"{_size(m)} rows",
            {"kind": "normal", "n": 1_000, "m": m},
            [
                _ours("fit"),
                _peer("`np.sort`", "base", "sort"),
                _peer("Scouter PSI profile", "scouter", "fit"),
            ],
        )
        for m in (50_000, 100_000, 1_000_000)
    ],
)

RIVER_KS = "River `KolmogorovSmirnov`, statistic only"
SLIDING = Row(
    "sliding",
    "Sliding Kolmogorov-Smirnov, window of 1,000 values",
    "The exact statistic against a fixed reference after every single value. The peers take one "
    "value a call and are timed over fewer values, because they are slow. River compares two "
    "samples of equal size only, so it stands in the first case alone; its KSWIN compares the "
    "newest 1,000 values with 1,000 random earlier ones.",
    "value",
    [
        Case(
            f"reference of {_size(m)}",
            {"m": m, "window": 1_000},
            [
                _ours("sliding", "POET, in batches"),
                _ours("sliding", "POET, decisions only", ask="decisions"),
                _ours("sliding", "POET, one call a value", ask="calls"),
                *(
                    [
                        _peer(RIVER_KS, "river", "sliding"),
                        _peer("River `KSWIN`", "river", "kswin"),
                    ]
                    if m == 1_000
                    else []
                ),
                _peer("frouros `IncrementalKSTest`", "frouros", "sliding"),
                _peer("SciPy, each step anew", "base", "sliding_scipy"),
            ],
        )
        for m in (1_000, 10_000, 100_000)
    ],
)

ADAPTIVE = Row(
    "adaptive",
    "ADWIN and Page-Hinkley",
    "200,000 values whose mean jumps ten times. The empty Python closure, called once a value, is "
    "the floor under every detector that takes one value a call.",
    "value",
    [
        Case(
            name,
            {"n": 200_000},
            [
                _ours("detector", "POET, in batches", name=name),
                _ours("detector", "POET, one call a value", name=name, ask="calls"),
                _peer("River", "river", "detector", name=name),
                _peer("empty closure", "base", "closure"),
            ],
        )
        for name in ("ADWIN", "PageHinkley")
    ],
)

CATEGORICAL = Row(
    "categorical",
    "KL, PSI and JS of 1,000 categories",
    "1,000,000 current rows as codes (a Polars Enum, a pandas Categorical) and as strings. "
    "Evidently computes all three from both raw columns, NannyML Jensen-Shannon only, Scouter PSI "
    "only; these two keep the reference, as do POET and the Polars + SciPy row.",
    "row",
    [
        Case(
            kind,
            {"n": 1_000_000, "kind": kind},
            [
                _ours("categorical"),
                _peer("Polars `value_counts` + SciPy", "base", "categorical"),
                _peer("Evidently, three methods", "evidently", "categorical"),
                _peer("Scouter PSI", "scouter", "categorical"),
                _peer("NannyML JS", "nannyml", "categorical"),
            ],
        )
        for kind in ("codes", "strings")
    ],
)

COUNTS = Row(
    "counts",
    "KL, G-test and total variation of given counts",
    "Two count vectors of 1,000 categories.",
    "call",
    [
        Case(
            "1,000 categories",
            {"k": 1_000},
            [_ours("counts"), _peer("SciPy", "base", "counts")],
        )
    ],
)

P_VALUE = Row(
    "p-value",
    "The p-value alone",
    "At the statistics whose p-values are 0.5, 0.05, 0.001 and 1e-9; mean time of one. SciPy is "
    "`kstwo.sf` at the rounded effective size.",
    "call",
    [
        Case(
            f"{_size(n)} against {_size(m)}",
            {"n": n, "m": m},
            [_ours("p_value"), _peer("SciPy `kstwo.sf`", "base", "p_value")],
        )
        for n, m in (
            (100, 100),
            (1_000, 1_000),
            (10_000, 10_000),
            (100_000, 100_000),
            (1_000_000, 100_000),
            (10_000_000, 10_000_000),
        )
    ],
)

GROUPS = Row(
    "groups",
    "20,000 groups in one query",
    "`group_by().agg()` over 1,000,000 rows, every group of 50 rows against the same 100,000 "
    "reference rows. The peers take the whole reference once a group and are timed over the first "
    "100 groups.",
    "group",
    [
        Case(
            "20,000 groups of 50 rows",
            {"n": 1_000_000, "number": 20_000, "m": 100_000},
            [
                _ours("groups"),
                _peer("polars-ds, no p", "polars_ds", "groups"),
                _peer("SciPy, loop over groups", "base", "groups"),
            ],
        )
    ],
)

REFERENCES = Row(
    "scale-reference",
    "Size of the reference",
    "1,000,000 current rows.",
    "row",
    [
        _ks_case(_size(m), "normal", 1_000_000, m)
        for m in (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    ],
    shown=False,
)

FEATURES = Row(
    "scale-features",
    "Number of features",
    "10,000 rows a feature.",
    "cell",
    [
        Case(_size(k), {"features": k, "n": 10_000}, _BATCH[:6], heavy=k > 100)
        for k in (1, 10, 100, 1_000)
    ],
    shown=False,
)

THREADS = Row(
    "threads",
    "Threads",
    "The frame of 200 features again, with the number of threads bounded.",
    "cell",
    [
        Case(
            f"{k} thread{'s' if k > 1 else ''}",
            {"features": 200, "n": 50_000},
            [
                _ours("batch", "POET, profile kept", kept=True, threads=k),
                _ours("batch", "POET, two frames", kept=False, threads=k),
                _peer("polars-ds KS, one query", "polars_ds", "batch", threads=k),
            ],
        )
        for k in (1, 2)
    ],
)

EDGE_TEXTS = {
    "nan": "every tenth current value NaN",
    "inf": "one +inf against one -inf",
    "ties": "rounded to integers",
    "zeros": "0.0 against -0.0",
    "constant": "all 1.0, both sides",
    "ulp": "constants one ulp apart",
    "outlier": "20,000 values half a deviation apart, one 1e9 in the reference",
    "small": "10 against 10, three deviations apart",
    "empty": "no current value",
}
EDGES = Row(
    "edges",
    "What each returns on hard samples",
    "500 current and 500 reference values of one normal distribution unless said otherwise: "
    "statistic D, p-value p, or the exception. SciPy gets the samples without NaN and is the truth "
    "here. polars-ds gives a critical value and no p-value. Evidently's preset takes its KS test "
    "up to 1,000 rows and Wasserstein above. River's KS takes values in pairs.",
    "call",
    [
        Case(
            "hard samples",
            {"names": list(EDGE_TEXTS)},
            [
                _ours("edge"),
                _peer("SciPy", "base", "edge"),
                _peer("polars-ds", "polars_ds", "edge"),
                _peer("polars-ds PSI", "polars_ds", "psi_edge"),
                _peer("Scouter PSI", "scouter", "edge"),
                _peer("NannyML KS", "nannyml", "edge"),
                _peer("frouros", "frouros", "edge"),
                _peer("alibi-detect", "alibi_detect", "edge"),
                _peer("whylogs", "whylogs", "edge"),
                _peer("Evidently KS", "evidently", "edge", method="ks"),
                _peer("Evidently Wasserstein", "evidently", "edge", method="wasserstein"),
                _peer("River", "river", "edge"),
            ],
        )
    ],
    timed=False,
)

ROWS = [
    KS, KS_RAW, BATCH, FIT, SLIDING, ADAPTIVE, CATEGORICAL, COUNTS, P_VALUE, GROUPS, THREADS,
    REFERENCES, FEATURES, EDGES,
]  # fmt: skip
