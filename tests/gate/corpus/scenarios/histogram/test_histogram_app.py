import numpy as np
from histogram_app import bin_counts


def test_three_bins():
    found = bin_counts(np.array([0.5, 1.5, 1.7, 9.0]), np.array([0.0, 1.0, 2.0, 3.0]))
    assert found.tolist() == [1, 2, 0]


def test_edges():
    assert bin_counts(np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0])).tolist() == [0, 1]


def test_empty():
    assert bin_counts(np.array([]), np.array([0.0, 1.0])).tolist() == [0]
