"""What must happen when features turn up that the model was not trained on."""

import pytest
from features import monitor_model_features, register
from sklearn.datasets import load_breast_cancer

TABLE = load_breast_cancer(as_frame=True).data
MEANS = [name for name in TABLE.columns if name.startswith("mean")]
WORST = [name for name in TABLE.columns if name.startswith("worst")]
ERRORS = [name for name in TABLE.columns if name.endswith("error")]
EVEN, ODD = TABLE.iloc[::2], TABLE.iloc[1::2]


@pytest.fixture(autouse=True)
def tumours() -> None:
    register("tumours", EVEN[MEANS].to_dict("list"))


def test_the_features_of_the_training_are_known() -> None:
    found = monitor_model_features(ODD[MEANS].to_dict("list"), "tumours")
    assert found == {
        "model": "tumours",
        "drifted_features": [],
        "new_features": [],
        "safe_mode": False,
    }


def test_a_new_feature_is_named_and_is_no_drift() -> None:
    register("with one more", EVEN[MEANS].to_dict("list"))
    monitor_model_features(ODD[MEANS].to_dict("list"), "with one more")
    found = monitor_model_features(ODD[[*MEANS, "worst radius"]].to_dict("list"), "with one more")
    assert found["new_features"] == ["worst radius"]
    assert found["drifted_features"] == []
    assert not found["safe_mode"]


def test_a_known_feature_that_drifts_beside_a_new_one_is_seen() -> None:
    larger = ODD[[*MEANS, "worst radius"]].to_dict("list")
    larger["mean radius"] = [radius + 10 for radius in larger["mean radius"]]
    found = monitor_model_features(larger, "tumours")
    assert found["new_features"] == ["worst radius"]
    assert found["drifted_features"] == ["mean radius"]


def test_more_than_half_new_means_safe_mode() -> None:
    found = monitor_model_features(ODD[[*MEANS, *WORST, *ERRORS]].to_dict("list"), "tumours")
    assert found["safe_mode"]
    assert set(found["new_features"]) == {*WORST, *ERRORS}
    assert found["drifted_features"] == []
