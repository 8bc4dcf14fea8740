# Kernels for contiguous NumPy arrays; poet.stats takes more kinds of input and says more.

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["kl_divergence", "ks_2samp"]

# (statistic, p_value, location, sign, method)
def ks_2samp(
    current: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[float, float, float, int, Literal["exact", "asymptotic"]]: ...

# (divergence, statistic, p_value, dof, total_variation)
def kl_divergence(
    current_counts: NDArray[np.uint64],
    reference_counts: NDArray[np.uint64],
    pseudo_count: float,
) -> tuple[float, float, float, int, float]: ...
