# Kernels for contiguous NumPy arrays; poet.stats takes more kinds of input and says more.

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["kl_divergence", "ks_2samp"]

# (statistic, p_value, p_value_error, location, sign, method)
def ks_2samp(
    current: NDArray[np.float64],
    reference: NDArray[np.float64],
    alternative: Literal["two-sided", "less", "greater"],
    method: Literal["auto", "exact", "asymptotic"],
    alpha: float | None,
) -> tuple[float, float, float, float, int, Literal["exact", "asymptotic", "precise"]]: ...

# (divergence, statistic, p_value, dof, total_variation)
def kl_divergence(
    current_counts: NDArray[np.uint64],
    reference_counts: NDArray[np.uint64],
    pseudo_count: float,
) -> tuple[float, float, float, int, float]: ...
