"""Statistics for comparing a current window of data with a reference.

Kernels are Rust and exact where exactness is affordable; NumPy is imported when one is called, so
that importing this package costs next to nothing. Too little data is the status
``"insufficient_data"``, never a statistic of 0 or a p-value of 1.
"""

from __future__ import annotations

from poet.stats._adaptive import ADWIN, PageHinkley
from poet.stats._categories import category_counts
from poet.stats._count_distances import (
    chi_square,
    hellinger,
    js_divergence,
    psi,
    total_variation,
)
from poet.stats._drift import drift
from poet.stats._frames import FrameCounts, FrameProfile
from poet.stats._kl import KLResult, kl_divergence
from poet.stats._ks import KSResult, ks_2samp, ks_p_value
from poet.stats._multiple_testing import FDRResult, benjamini_hochberg
from poet.stats._profile import Profile
from poet.stats._profile_counts import ProfileCounts
from poet.stats._results import ChiSquareResult, DistanceResult, EffectSizes, TestResult
from poet.stats._sample_distances import effect_sizes, energy_distance, wasserstein_distance
from poet.stats._sample_tests import (
    anderson_darling,
    cramer_von_mises,
    kuiper,
    mann_whitney_u,
)
from poet.stats._sliding import JumpingKS, KSWindow, SlidingKS
from poet.stats._sliding_counts import SlidingCounts, SlidingDistances
from poet.stats._survey import Survey

__all__ = [
    "ADWIN",
    "ChiSquareResult",
    "DistanceResult",
    "EffectSizes",
    "FDRResult",
    "FrameCounts",
    "FrameProfile",
    "JumpingKS",
    "KLResult",
    "KSResult",
    "KSWindow",
    "PageHinkley",
    "Profile",
    "ProfileCounts",
    "SlidingCounts",
    "SlidingDistances",
    "SlidingKS",
    "Survey",
    "TestResult",
    "anderson_darling",
    "benjamini_hochberg",
    "category_counts",
    "chi_square",
    "cramer_von_mises",
    "drift",
    "effect_sizes",
    "energy_distance",
    "hellinger",
    "js_divergence",
    "kl_divergence",
    "ks_2samp",
    "ks_p_value",
    "kuiper",
    "mann_whitney_u",
    "psi",
    "total_variation",
    "wasserstein_distance",
]
