"""What sources together say, weighed by how often each is right where several say something.

A model of annotators with two figures a source: how often it says yes where yes is right, and no where
no is right. Both are estimated by a few rounds of expectation and maximisation over what two or more
sources judged, and shrunk towards ``PRIOR`` as if ``WEIGHT`` judgements of each kind had been seen
before. A source that says the same whatever is right, or whose yes makes a no more likely, counts for
nothing; it is never read the other way round, for who lies can also stop lying.

Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import exp, log

from poet.learn._values import Reliability

__all__ = ["PRIOR", "SURE", "agreed", "chance_of", "reliabilities"]

PRIOR = 0.95
"""How often a source is right that nothing is known of."""
WEIGHT = 5.0
"""Judgements of each kind that the prior counts for."""
SURE = 0.8
"""Below this probability, sources that differ contradict each other, and no label is made."""
_ROUNDS = 50
_STILL = 1e-3  # what a round must change for another one to be worth it
_MOST = 0.995  # nobody is right always
_UNKNOWN = Reliability(PRIOR, PRIOR)


def reliabilities(votes: Iterable[Mapping[str, bool]]) -> dict[str, Reliability]:
    """Return how often each source is right.

    Args:
        votes: Of each execution, what each source says. What one source judged alone tells nothing of
            how reliable it is.
    """
    # Many executions have the same votes: each pattern of them is looked at once a round.
    return of_patterns(Counter(tuple(sorted(said.items())) for said in votes))


def of_patterns(patterns: Mapping[tuple[tuple[str, bool], ...], int]) -> dict[str, Reliability]:
    """Return how often each source is right, from how often which votes came together."""
    found = dict.fromkeys(sorted({s for said in patterns for s, _ in said}), _UNKNOWN)
    shared = [(dict(said), count) for said, count in patterns.items() if len(said) > 1]
    total = sum(count for _, count in shared)
    share = (
        0.5  # of executions where yes is right; without it the rarer answer would be believed less
    )
    for _ in range(_ROUNDS if shared else 0):
        yes, no = dict.fromkeys(found, 0.0), dict.fromkeys(found, 0.0)
        right_yes, right_no = dict.fromkeys(found, 0.0), dict.fromkeys(found, 0.0)
        expected = 0.0
        for said, count in shared:
            chance = chance_of(said, found, share)
            for_yes, for_no = count * chance, count * (1 - chance)
            expected += for_yes
            for source, vote in said.items():
                yes[source] += for_yes
                no[source] += for_no
                if vote:
                    right_yes[source] += for_yes
                else:
                    right_no[source] += for_no
        before = found
        found = {
            s: Reliability(
                (PRIOR * WEIGHT + right_yes[s]) / (WEIGHT + yes[s]),
                (PRIOR * WEIGHT + right_no[s]) / (WEIGHT + no[s]),
            )
            for s in found
        }
        share = (WEIGHT / 2 + expected) / (WEIGHT + total)
        if all(
            abs(a - b) < _STILL for s in found for a, b in zip(found[s], before[s], strict=True)
        ):
            break
    return found


def chance_of(
    said: Mapping[str, bool], reliability: Mapping[str, Reliability], share: float = 0.5
) -> float:
    """Return the probability that yes is right, where it is with probability ``share`` before."""
    odds = log(share / (1 - share))
    for source, vote in said.items():
        known = reliability.get(source, _UNKNOWN)
        yes, no = (min(max(x, 1 - _MOST), _MOST) for x in known)
        if yes + no <= 1:  # its yes tells as much as its no, or worse
            continue
        odds += log(yes / (1 - no)) if vote else log((1 - yes) / no)
    return 1 / (1 + exp(-odds)) if odds > -500 else 0.0


def agreed(
    said: Mapping[str, bool], reliability: Mapping[str, Reliability]
) -> tuple[bool | None, float]:
    """Return what sources say together, and the probability that it is right.

    Args:
        said: What each source says of one execution; at least one.
        reliability: How often each is right.

    Returns:
        None for the truth where they differ and none of the two sides is sure, or where nobody that
        can be relied on has spoken.
    """
    chance = chance_of(said, reliability)
    sure = max(chance, 1 - chance)
    differ = len(set(said.values())) > 1
    if sure <= 0.6 or (differ and sure < SURE):
        return None, sure
    return chance > 0.5, sure
