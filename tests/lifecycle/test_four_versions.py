"""One function in two domains, for two objectives each: what is asked for shapes what is accepted."""

from __future__ import annotations

import ast
import difflib
from itertools import combinations
from pathlib import Path

from lifecycle_helpers import Bench, provided

from poet.testing import ModelServer, answers

BASELINE = '''
def drifted(current: list[float], reference: list[float]) -> bool:
    """Say whether the current values lie otherwise than the reference."""
    if not current or not reference or not all(isfinite(v) for v in [*current, *reference]):
        return False
    gap, low, high = 0.0, min(reference), max(reference)
    for step in range(100):
        x = low + (high - low) * step / 100
        ours = sum(1 for v in current if v <= x) / len(current)
        theirs = sum(1 for v in reference if v <= x) / len(reference)
        gap = max(gap, abs(ours - theirs))
    return gap > 0.3
'''
WRITTEN = {
    (
        "base",
        "reliability",
    ): '''"""Says whether the current values lie otherwise than the reference."""

import math
import warnings


def drifted(current: list[float], reference: list[float]) -> bool:
    if not current or not reference:
        return False
    if not all(math.isfinite(v) for values in (current, reference) for v in values):
        warnings.warn("drifted: a value is not finite, so nothing is said", stacklevel=2)
        return False

    def share(values: list[float], x: float) -> float:
        return sum(v <= x for v in values) / len(values)

    low, high = min(reference), max(reference)
    places = (low + (high - low) * step / 100 for step in range(100))
    return any(abs(share(current, x) - share(reference, x)) > 0.3 for x in places)
''',
    ("base", "latency"): '''"""Says whether the current values lie otherwise than the reference."""

from bisect import bisect_right
from math import isfinite


def drifted(current: list[float], reference: list[float]) -> bool:
    if not current or not reference or not all(map(isfinite, [*current, *reference])):
        return False
    ours, theirs = sorted(current), sorted(reference)
    low, high = theirs[0], theirs[-1]
    for step in range(100):
        x = low + (high - low) * step / 100
        if abs(bisect_right(ours, x) / len(ours) - bisect_right(theirs, x) / len(theirs)) > 0.3:
            return True
    return False
''',
    (
        "ml_monitoring",
        "accuracy",
    ): '''"""Says whether the current values lie otherwise than the reference."""

from poet.runtime import observe
from poet.stats import effect_sizes, ks_2samp
from poet_domain_ml_monitoring import finite, warn_unknown

ALERT_THRESHOLD = 0.05
MIN_EFFECT = 0.1
MIN_SAMPLES = 20


def drifted(current: list[float], reference: list[float]) -> bool:
    found = ks_2samp(current, reference, min_size=MIN_SAMPLES)
    size = effect_sizes(current, reference, min_size=MIN_SAMPLES)
    enough = found.status == "ok"
    drift = enough and found.p_value < ALERT_THRESHOLD and found.statistic >= MIN_EFFECT
    observe(
        test="ks",
        p_value=finite(found.p_value),
        effect_size=finite(found.statistic),
        cliffs_delta=finite(size.cliffs_delta),
        status="drift" if drift else "ok" if enough else "insufficient_data",
    )
    if not enough:
        warn_unknown("drifted", f"{MIN_SAMPLES} usable values are needed of each")
    return bool(drift)
''',
    (
        "ml_monitoring",
        "latency",
    ): '''"""Says whether the current values lie otherwise than the reference."""

from poet.runtime import observe
from poet.stats import ks_2samp
from poet_domain_ml_monitoring import finite, warn_unknown

ALERT_THRESHOLD = 0.05
MIN_EFFECT = 0.1
MIN_SAMPLES = 20


def drifted(current: list[float], reference: list[float]) -> bool:
    # With alpha the p-value is only as precise as the decision needs it.
    found = ks_2samp(current, reference, alpha=ALERT_THRESHOLD, min_size=MIN_SAMPLES)
    if found.status != "ok":
        observe(test="ks", p_value=None, effect_size=None, status="insufficient_data")
        warn_unknown("drifted", f"{MIN_SAMPLES} usable values are needed of each")
        return False
    drift = found.statistic >= MIN_EFFECT and found.p_value < ALERT_THRESHOLD
    status = "drift" if drift else "ok"
    observe(test="ks", p_value=finite(found.p_value), effect_size=found.statistic, status=status)
    return bool(drift)
''',
}
PAIRS = list(WRITTEN)


def make(folder: Path, domain: str, objective: str) -> tuple[Bench, str]:
    """Have the scripted model write for one pair; it answers what the prompt asks for."""

    def answer(request):
        prompt = str(request.body["messages"])
        asked = next(
            (d, o) for d, o in PAIRS if f"its domain `{d}`" in prompt and f"- `{o}`" in prompt
        )
        return answers.code(WRITTEN[asked])

    head = "from math import isfinite\n\nfrom poet import poet\n\n\n"
    app = f"{head}@poet(domain={domain!r}, optimize_for={objective!r}){BASELINE}"
    bench = Bench(folder, app)
    options = {"domain": domain, "optimize_for": objective}
    with ModelServer(answer) as server, provided():
        result = bench.run(server, jobs=[bench.job("drifted", options)])[0]
    assert result.outcome == "promoted", (result.message, result.attempts)
    assert result.generator == "http", result.rungs
    code = (bench.version(function="drifted") / "code.py").read_text()
    return bench, code.partition('"""')[2]


def test_each_domain_and_objective_has_its_own_accepted_version(tmp_path):
    """Else what a user asks for in @poet would shape nothing."""
    found = {pair: make(tmp_path / "-".join(pair), *pair)[1] for pair in PAIRS}
    for one, other in combinations(PAIRS, 2):
        before, after = (found[p].splitlines(keepends=True) for p in (one, other))
        changed = [
            line
            for line in difflib.unified_diff(before, after, "/".join(one), "/".join(other))
            if line[0] in "+-" and not line.startswith(("+++", "---")) and line[1:].strip()
        ]
        assert len(changed) >= 4, (one, other)
        assert ast.dump(ast.parse('"""' + found[one])) != ast.dump(ast.parse('"""' + found[other]))
