from drift_app import drifted


def test_same():
    assert not drifted([1.0, 2.0, 3.0] * 20, [1.0, 2.0, 3.0] * 20)["drift"]


def test_moved():
    assert drifted([9.0, 8.0, 9.5] * 20, [1.0, 2.0, 3.0] * 20)["drift"]
