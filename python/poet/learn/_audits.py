"""Audits: a random sample of silent executions that people are asked about.

Who reviews alarms only never learns what was missed. Which executions are in the sample depends on
their ids and a seed alone, so every process finds the same ones, and nobody can choose.
"""

from __future__ import annotations

from hashlib import blake2b

from poet.learn._values import Observations

__all__ = ["audits", "in_sample"]


def in_sample(execution_id: str, share: float, seed: int) -> bool:
    """Say whether an execution is in the random sample of that share."""
    digest = blake2b(f"{seed}:{execution_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def audits(
    observations: Observations, share: float = 0.05, seed: int = 0, *, most: int = 100
) -> list[str]:
    """Return executions to ask people about: silent ones, in the sample, that nobody judged yet.

    Args:
        observations: Of one function.
        share: Of silent executions that are asked about, from 0 to 1.
        seed: Which of them; the one in ``Limits`` for their answers to count as audits.
        most: How many at most; the latest.

    Returns:
        Ids, in order of time. Feedback about them says ``audit=True``, or counts as an audit because
        they are in the sample.
    """
    found = [
        e.id
        for e in observations.executions.values()
        if e.alarm is False and e.id not in observations.labels and in_sample(e.id, share, seed)
    ]
    return found[-most:]
