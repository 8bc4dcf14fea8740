"""The paired comparison: what is promoted, and what is not."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from poet.learn import Paired, compare, mcnemar, split_time


def pairs(
    n: int = 120,
    *,
    keeps: float = 0.25,
    adds: float = 0.0,
    misses: float = 0.0,
    reviewed: float = 1.0,
    audited: float = 1.0,
    injected: int = 30,
    cost: float = 1.0,
    wrong: float = 0.0,
    confidence: float = 1.0,
    seed: int = 1,
) -> list[Paired]:
    """Return a record: a third is drift that the parent finds, half of the quiet rest alarms too."""
    draw = random.Random(seed)
    found = []
    for i in range(n):
        real = i % 3 == 0
        parent = real or i % 2 == 0
        says = draw.random() >= misses if real else draw.random() < (keeps if parent else adds)
        truth: bool | None = real ^ (draw.random() < wrong)
        if draw.random() >= (reviewed if parent else audited):
            truth = None
        found.append(
            Paired(
                f"x{i}", float(i), truth, parent, says, confidence, hidden=i >= n // 2,
                parent_cost=1.0, candidate_cost=cost,
            )
        )  # fmt: skip
    for i in range(injected):
        says = draw.random() >= misses
        found.append(Paired(f"i{i}", 1e6 + i, True, True, says, injected=True, hidden=True))
    return found


def test_a_better_version_is_promoted_with_its_figures() -> None:
    """A version that is better would never be served."""
    found = compare(pairs())
    assert found.verdict == "better"
    assert found.labels == 120
    assert found.candidate_wrong < found.parent_wrong == pytest.approx(1 / 3)
    assert found.p_value == mcnemar(found.gained, found.lost)
    assert found.hidden_gained < found.gained
    assert (found.real, found.missed) == (70, 0)
    assert found.cost_ratio == 1.0


def test_a_copy_is_not_better() -> None:
    """A version would be promoted for nothing."""
    found = compare(pairs(keeps=1.0))
    assert (found.verdict, found.gained, found.lost, found.p_value) == ("too little", 0, 0, 1.0)
    assert compare(pairs(keeps=0.9, adds=0.2)).verdict == "not better"


def test_what_nobody_reviewed_counts_against_new_alarms() -> None:
    """Any other detector would look better, for only the parent's alarms are reviewed."""
    other = pairs(600, keeps=0.3, adds=0.7, audited=0.0)
    assert compare([p for p in other if p.truth is not None]).verdict == "better"  # the trap
    assert compare(other).verdict == "not better"


def test_new_alarms_count_as_rarely_as_old_ones_are_reviewed() -> None:
    """Where few alarms are reviewed, no version would ever be promoted."""
    better = pairs(1200, keeps=0.05, adds=0.2, reviewed=0.2, audited=0.0, injected=40)
    found = compare(better)
    assert found.verdict == "better"
    unsaid = sum(p.truth is None and p.candidate and not p.parent for p in better)
    assert 0 < found.lost < unsaid / 2


def test_what_is_held_back_decides_too() -> None:
    """A version that knows the labels it was made of by heart would be promoted."""
    early = [p for p in pairs(200, keeps=0.0) if not p.hidden]
    late = [p for p in pairs(200, keeps=1.0) if p.hidden]
    found = compare(early + late)
    assert found.p_value < 1e-6
    assert found.verdict == "too little"
    assert "held back" in found.reason


def test_a_version_that_misses_drift_is_refused() -> None:
    """False alarms would be mended by raising no alarm."""
    found = compare(pairs(300, keeps=0.0, misses=0.12))
    assert found.verdict == "worse"
    assert found.missed > 0
    assert "real drifts" in found.reason


def test_29_real_drifts_are_needed() -> None:
    """A version that was never tried on drift would be promoted."""
    quiet = [p for p in pairs(200, keeps=0.1, injected=0) if not p.truth]
    assert compare(quiet).verdict == "too little"
    drifts = [p for p in pairs(injected=40) if p.injected]
    assert compare(quiet + drifts[:28]).verdict == "too little"
    assert compare(quiet + drifts[:29]).verdict == "better"
    assert compare(quiet).recall_p_value == 1.0


def test_drifts_with_doubtful_labels_do_not_hide_sure_ones() -> None:
    """Misses of what is known to be drift would be excused by labels that may be wrong."""
    doubtful = pairs(900, keeps=0.1, injected=0, confidence=0.85)
    missed = [p._replace(candidate=i > 3) for i, p in enumerate(pairs(n=0, injected=30))]
    assert compare([*doubtful, *missed]).verdict == "worse"


def test_wrong_labels_neither_block_nor_steer() -> None:
    """Reviewers who are wrong one time in five would stop every promotion, or win one."""
    better = [
        compare(pairs(360, keeps=0.05, wrong=0.2, confidence=0.8, seed=s)).verdict
        for s in range(40)
    ]
    assert better.count("better") >= 32
    worse = [
        compare(pairs(360, keeps=1.0, adds=0.1, wrong=0.2, confidence=0.8, seed=s)).verdict
        for s in range(40)
    ]
    assert worse.count("better") == 0


def test_cost_is_bounded() -> None:
    """A version would be promoted that takes twice the time."""
    assert compare(pairs(cost=1.19)).verdict == "better"
    found = compare(pairs(cost=1.5))
    assert found.verdict == "worse"
    assert "1.50 times" in found.reason
    assert compare([p._replace(parent_cost=0.0) for p in pairs(cost=9.0)]).cost_ratio is None


def test_who_is_to_miss_less_must_find_more_and_alarm_no_more() -> None:
    """Missed drift would be mended by raising every alarm."""

    def record(adds: float) -> list[Paired]:
        draw = random.Random(2)
        found = []
        for i in range(200):
            real = i % 4 == 0
            says = real or draw.random() < adds
            found.append(
                Paired(f"x{i}", float(i), real, real and i % 8 == 0, says, hidden=i >= 100)
            )
        return found

    assert compare(record(0.0), aim="missed_drift_rate").verdict == "better"
    found = compare(record(0.4), aim="missed_drift_rate")
    assert found.verdict == "worse"
    assert "silences" in found.reason


@pytest.mark.parametrize("kind", [{"keeps": 1.0, "adds": 0.03}, {"keeps": 0.5, "adds": 0.5}])
def test_a_worse_version_is_promoted_rarely(kind: dict[str, float]) -> None:
    """Learning would make things worse more often than the docs say."""
    verdicts = [
        compare(pairs(300, reviewed=0.8, audited=0.1, seed=s, **kind)).verdict for s in range(100)
    ]
    assert verdicts.count("better") <= 5


def test_pairs_need_far_fewer_labels_than_two_rates() -> None:
    """The docs would claim what the method does not give."""
    draw = random.Random(4)
    shown = 0
    for _ in range(300):
        gained = sum(draw.random() < 0.24 for _ in range(52))
        lost = sum(draw.random() < 0.04 / 0.76 for _ in range(52 - gained))
        shown += mcnemar(gained, lost) <= 0.05
    assert shown / 300 >= 0.8
    unpaired = stats.fisher_exact([[21, 31], [10, 42]], alternative="greater").pvalue  # 0.40, 0.20
    assert mcnemar(12, 2) < 0.01 < unpaired


def test_the_record_is_split_by_time() -> None:
    """Later executions would leak into what a version is made of."""
    times = [float(t) for t in (5, 1, 3, 2, 4, 6)]
    cut = split_time(times)
    assert [t < cut for t in sorted(times)] == [True] * 3 + [False] * 3
    assert split_time(times, 0.999) == 6.0
    assert split_time([]) == 0.0
