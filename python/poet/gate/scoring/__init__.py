"""How good an accepted candidate is at its objectives, and which of several is best."""

from __future__ import annotations

from poet.gate.scoring._score import LATENCY, Scores, score, score_pair
from poet.gate.scoring.paired import Timing, time_pairs

__all__ = ["LATENCY", "Scores", "Timing", "score", "score_pair", "time_pairs"]
