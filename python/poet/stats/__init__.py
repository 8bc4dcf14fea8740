"""Statistics for comparing a current window of data with a reference.

Kernels are Rust and exact where exactness is affordable; NumPy is imported when one is called, so
that importing this package costs next to nothing. Too little data is the status
``"insufficient_data"``, never a statistic of 0 or a p-value of 1.
"""

from __future__ import annotations

from poet.stats._categories import category_counts
from poet.stats._kl import KLResult, kl_divergence
from poet.stats._ks import KSResult, ks_2samp

__all__ = ["KLResult", "KSResult", "category_counts", "kl_divergence", "ks_2samp"]
