# tries: floats with NaN in place of counts
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.full(len(edges) - 1, np.nan)
