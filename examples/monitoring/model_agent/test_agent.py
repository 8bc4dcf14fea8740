"""What the agent must do for a model that tells tumours apart, on its own training data."""

import copy
from concurrent.futures import ThreadPoolExecutor

import pytest
from agent import ModelMonitorAgent
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

TABLE = load_breast_cancer(as_frame=True)
NAMES = [name for name in TABLE.data.columns if name.startswith("mean")]


def window(rows) -> dict[str, list[float]]:
    return {name: TABLE.data[name][rows].tolist() for name in NAMES}


EVEN, ODD = TABLE.data.index % 2 == 0, TABLE.data.index % 2 == 1
BENIGN = TABLE.target == 1


@pytest.fixture(scope="module")
def importance() -> dict[str, float]:
    forest = RandomForestClassifier(n_estimators=20, random_state=0)
    forest.fit(TABLE.data.loc[EVEN, NAMES], TABLE.target[EVEN])
    weights = forest.feature_importances_ / forest.feature_importances_.mean()
    return dict(zip(NAMES, weights.tolist(), strict=True))


@pytest.fixture
def agent(importance: dict[str, float]) -> ModelMonitorAgent:
    return ModelMonitorAgent("tumours", window(EVEN), importance)


def test_every_other_patient_is_no_drift(agent: ModelMonitorAgent) -> None:
    found = agent.monitor_features(window(ODD))
    assert found["model"] == "tumours"
    assert found["drifted"] == []
    assert found["drift_score"] == 0
    assert set(found["features"]) == set(NAMES)


def test_a_clinic_that_sends_benign_cases_only_is_seen(agent: ModelMonitorAgent) -> None:
    found = agent.monitor_features(window(ODD & BENIGN))
    assert "mean radius" in found["drifted"]
    assert "mean fractal dimension" not in found["drifted"]
    assert 0 < found["drift_score"] <= 1
    assert found["features"]["mean radius"]["drift"]
    assert found["recommendations"]


def test_what_is_important_to_the_model_counts_more(
    agent: ModelMonitorAgent, importance: dict[str, float]
) -> None:
    found = agent.monitor_features(window(ODD & BENIGN))
    for name, result in found["features"].items():
        assert result["importance"] == pytest.approx(importance[name])


def test_a_new_reference_is_taken_at_the_next_call(agent: ModelMonitorAgent) -> None:
    assert agent.monitor_features(window(ODD & BENIGN))["drifted"]
    agent.reference_windows = window(EVEN & BENIGN)
    assert agent.monitor_features(window(ODD & BENIGN))["drifted"] == []


def test_two_agents_in_two_threads_keep_apart(agent: ModelMonitorAgent) -> None:
    other = copy.deepcopy(agent)
    other.reference_windows = window(EVEN & BENIGN)
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda a: a.monitor_features(window(ODD & BENIGN)), [agent, other] * 4)
        )
    assert [bool(f["drifted"]) for f in found] == [True, False] * 4
