# ruff: noqa: E501
"""Drift functions as users write them; none was written with the recipe at hand."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FUNCTIONS", "UserFunction"]


class UserFunction(NamedTuple):
    """A module's text and the function in it."""

    name: str
    text: str
    options: Mapping[str, object] = MappingProxyType({})


FUNCTIONS = {
    "mean_bool": UserFunction(
        "detect_drift",
        """
        def detect_drift(current, reference):
            return abs(sum(current) / len(current) - sum(reference) / len(reference)) > 0.1
        """,
    ),
    "reversed_optional_bool": UserFunction(
        "has_shifted",
        '''
        def has_shifted(expected: list[float], actual: list[float]) -> bool | None:
            """Tell whether the scores moved.

            None where there is nothing to compare.
            """
            if not actual:
                return None
            return max(actual) > max(expected)
        ''',
    ),
    "keyword_only": UserFunction(
        "check_scores",
        """
        import numpy as np
        from numpy.typing import NDArray

        def check_scores(*, live_values: NDArray[np.float64], train_values: NDArray[np.float64],
                         alpha: float = 0.01) -> bool:
            return bool(np.abs(live_values.mean() - train_values.mean()) > 3 * train_values.std())
        """,
    ),
    "p_value_float": UserFunction(
        "drift_pvalue",
        """
        from scipy import stats

        def drift_pvalue(before, after) -> float:
            result = stats.ttest_ind(before, after)
            return result.pvalue
        """,
    ),
    "score_float": UserFunction(
        "drift_score",
        """
        import polars as pl

        def drift_score(production: pl.Series, baseline: pl.Series) -> float:
            "How far production is from what was seen in training."
            return abs(production.mean() - baseline.mean())
        """,
    ),
    "own_keys": UserFunction(
        "compare",
        """
        def compare(old, new, threshold=0.3):
            result = {"n_old": len(old)}
            shift = sum(new) / len(new) - sum(old) / len(old)
            result["drift_detected"] = abs(shift) > threshold
            result["mean_shift"] = shift
            result["score"] = abs(shift)
            result["threshold"] = threshold
            return result
        """,
    ),
    "dict_call": UserFunction(
        "monitor",
        """
        from scipy.stats import ks_2samp

        def monitor(ref, cur):
            stat, p = ks_2samp(ref, cur)
            return dict(statistic=stat, p_value=p, drifted=bool(p < 0.01), status="drift" if p < 0.01 else "stable")
        """,
    ),
    "dataclass": UserFunction(
        "evaluate",
        """
        from dataclasses import dataclass, field

        @dataclass(frozen=True)
        class DriftReport:
            drifted: bool
            p_value: float | None
            effect_size: float | None
            n_current: int
            n_reference: int
            method: str = "mean"
            note: str = ""
            tags: list[str] = field(default_factory=list)

        def evaluate(history: list[float], recent: list[float]) -> DriftReport:
            gap = abs(sum(history) / len(history) - sum(recent) / len(recent))
            return DriftReport(gap > 1, None, None, len(recent), len(history), note=f"{len(history)} rows")
        """,
    ),
    "named_tuple": UserFunction(
        "verdict",
        """
        from typing import NamedTuple

        class Verdict(NamedTuple):
            is_drift: bool
            score: float

        def verdict(today: tuple[float, ...], yesterday: tuple[float, ...]) -> "Verdict":
            score = abs(sum(today) - sum(yesterday))
            return Verdict(score > 10, score)
        """,
    ),
    "typed_dict": UserFunction(
        "check",
        """
        from typing import TypedDict

        class Check(TypedDict):
            alert: bool
            p_value: float
            status: str

        def check(observed: list[str], expected: list[str]) -> Check:
            same = set(observed) == set(expected)
            return {"alert": not same, "p_value": 1.0 if same else 0.0, "status": "ok" if same else "drift"}
        """,
    ),
    "tuple": UserFunction(
        "test_drift",
        """
        from scipy import stats

        def test_drift(a, b):
            statistic, p_value = stats.ks_2samp(a, b)
            return p_value < 0.05, p_value
        """,
    ),
    "status_words": UserFunction(
        "health",
        """
        import pandas as pd

        def health(prod: pd.Series, training: pd.Series) -> str:
            gap = abs(prod.mean() - training.mean()) / training.std()
            if gap > 0.5:
                return "ALERT"
            elif gap > 0.2:
                return "WARN"
            return "STABLE"
        """,
    ),
    "per_column_bool": UserFunction(
        "drift_by_column",
        """
        import polars as pl

        def drift_by_column(train_df: pl.DataFrame, live_df: pl.DataFrame) -> dict[str, bool]:
            return {c: live_df[c].mean() != train_df[c].mean() for c in train_df.columns}
        """,
    ),
    "per_column_dict": UserFunction(
        "report",
        """
        import pandas as pd

        def report(current: pd.DataFrame, reference: pd.DataFrame, features: list[str] | None = None):
            out = {}
            for name in features or reference.columns:
                gap = abs(current[name].mean() - reference[name].mean())
                out[name] = {"feature": name, "drifted": gap > 1, "score": gap}
            return out
        """,
    ),
    "one_column": UserFunction(
        "column_drift",
        """
        import polars as pl

        def column_drift(new: pl.DataFrame, old: pl.DataFrame, column: str) -> bool:
            return new[column].mean() > 2 * old[column].mean()
        """,
    ),
    "drifted_list": UserFunction(
        "drifted_features",
        """
        def drifted_features(baseline: dict[str, list[float]], window: dict[str, list[float]]) -> list[str]:
            return [k for k in baseline if sum(window[k]) > sum(baseline[k])]
        """,
    ),
    "overall": UserFunction(
        "any_drift",
        """
        import pandas as pd

        def any_drift(reference_data: pd.DataFrame, new_data: pd.DataFrame) -> bool:
            return any(abs(reference_data[c].mean() - new_data[c].mean()) > 1 for c in reference_data.columns)
        """,
    ),
    "overall_dict": UserFunction(
        "summary",
        """
        def summary(reference, current):
            drifted = [c for c in reference.columns if current[c].mean() != reference[c].mean()]
            return {"drift": bool(drifted), "drifted_columns": drifted, "share": len(drifted) / len(reference.columns)}
        """,
    ),
    "clashing_names": UserFunction(
        "observe",
        """
        def observe(baseline, user, /, default="it's", np=None, pl=[1, "x"], *, found=(1,), status={"k": 'v'}):
            return {"drift": baseline != user, "baseline_size": len(baseline), "mood": default}
        """,
    ),
    "named_by_config": UserFunction(
        "differ",
        """
        def differ(x, y):
            return x != y
        """,
        {"config": {"current": "y", "reference": "x", "min_samples": 50}},
    ),
    "booleans": UserFunction(
        "flag_drift",
        """
        from collections.abc import Sequence

        def flag_drift(past: Sequence[bool], now: Sequence[bool], min_samples: int = 30) -> bool:
            return sum(past) / len(past) != sum(now) / len(now)
        """,
    ),
    "whole_numbers": UserFunction(
        "count_drift",
        """
        def count_drift(current: list[int], control: list[int]) -> dict:
            return {"is_drift": current != control, "n": len(current)}
        """,
    ),
    "stable_bool": UserFunction(
        "is_stable",
        """
        def is_stable(old, new) -> bool:
            return old == new
        """,
    ),
    "stable_overall": UserFunction(
        "frames",
        """
        import polars as pl

        def frames(old: pl.DataFrame, new: pl.DataFrame, cols=("a", "b")) -> dict:
            if not len(new):
                return {"unchanged": None, "state": "no data"}
            ok = all(old[c].mean() == new[c].mean() for c in cols)
            return {"unchanged": ok, "state": "fine" if ok else "different"}
        """,
    ),
    "fixed_columns": UserFunction(
        "ages",
        """
        import polars as pl

        def ages(train: pl.DataFrame, live: pl.DataFrame) -> bool:
            for c in ["age", "income"]:
                if train[c].mean() > live[c].mean():
                    return True
            return False
        """,
    ),
    "long_names": UserFunction(
        "compare_the_production_values_with_training",
        """
        def compare_the_production_values_with_training(
            the_very_long_production_values_of_today, the_very_long_training_values_of_last_year,
            significance_level_of_the_test=0.05, *, minimum_effect_threshold_of_ours=None,
        ):
            gap = abs(max(the_very_long_production_values_of_today) - 3)
            return {"drift": gap > (minimum_effect_threshold_of_ours or 1), "a_key_of_my_own_that_is_long_enough": gap}
        """,
    ),
    "stub": UserFunction(
        "detect_drift",
        """
        def detect_drift(reference_data, current_data, threshold=0.05):
            '''Detect drift.

            Args:
                reference_data: What the model was trained on.
            '''
            return {"drift_detected": False, "p_value": 1.0, "status": "ok"}
        """,
    ),
    "nested_by_column": UserFunction(
        "overview",
        """
        import polars as pl

        def overview(reference: pl.DataFrame, current: pl.DataFrame):
            moved = {c: current[c].mean() != reference[c].mean() for c in reference.columns}
            names = [c for c, m in moved.items() if m]
            return {"drift_by_feature": moved, "p_values": {}, "n_drifted": len(names), "rows": 3}
        """,
    ),
}
