import numpy as np

FUNCTION = "bin_counts"
CASES = [(np.array([0.5, 1.5, 1.7, 9.0]), np.array([0.0, 1.0, 2.0, 3.0])), (np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0])), (np.array([]), np.array([0.0, 1.0]))]
HIDDEN = [(np.arange(50) / 7.0, np.array([0.0, 2.5, 5.0, 7.25])), (np.array([np.nan, 1.0, np.inf]), np.array([0.0, 1.0, 4.0])), (np.array([-1.0, -2.0]), np.array([-3.0, -1.5, 0.0]))]
