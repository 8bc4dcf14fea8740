"""Importance read off real scikit-learn estimators on the bundled sets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import Importance, find_interactions

CANCER = load_breast_cancer()
DIABETES = load_diabetes(scaled=False)
WINE = load_wine()
CANCER_NAMES = [str(name) for name in CANCER.feature_names]


def values(importance):
    return np.array(list(importance.weights.values()))


def logistic():
    return LogisticRegression(max_iter=2_000)


def test_a_forest_s_weights_are_its_own_scaled_to_a_mean_of_one():
    """A user's weights would not be those of the model."""
    forest = RandomForestClassifier(20, random_state=0).fit(CANCER.data, CANCER.target)
    found = Importance.from_model(forest, CANCER_NAMES)
    np.testing.assert_allclose(values(found), forest.feature_importances_ * 30, rtol=1e-12)
    assert list(found.weights) == CANCER_NAMES
    assert found.source == "feature_importances_ of RandomForestClassifier"


@pytest.mark.parametrize("unit", [1.0, 1_000.0])
def test_the_unit_of_a_feature_does_not_change_its_weight(unit):
    """A length in metres instead of millimetres would look a thousand times as important."""
    rows = DIABETES.data.copy()
    rows[:, 3] *= unit
    model = LinearRegression().fit(rows, DIABETES.target)
    found = Importance.from_model(model, DIABETES.feature_names, X=rows)
    expected = np.abs(model.coef_) * rows.std(axis=0)
    np.testing.assert_allclose(values(found), expected / expected.mean(), rtol=1e-9)
    original = LinearRegression().fit(DIABETES.data, DIABETES.target)
    same = Importance.from_model(original, DIABETES.feature_names, X=DIABETES.data)
    np.testing.assert_allclose(values(found), values(same), rtol=1e-6)


def test_coefficients_without_any_spread_are_refused():
    """A user would get weights that only reflect units, and not know it."""
    model = LinearRegression().fit(DIABETES.data, DIABETES.target)
    with pytest.raises(StatsInputError, match="depend on the units") as caught:
        Importance.from_model(model, DIABETES.feature_names)
    assert "pass X" in caught.value.hint


def test_a_standardised_pipeline_needs_no_rows_and_agrees_with_them():
    """The two ways to the same weights would disagree."""
    model = make_pipeline(StandardScaler(), logistic()).fit(WINE.data, WINE.target)
    without = Importance.from_model(model, WINE.feature_names)
    with_rows = Importance.from_model(model, WINE.feature_names, X=WINE.data)
    np.testing.assert_allclose(values(without), values(with_rows), rtol=1e-9)


def test_a_projection_is_undone_exactly_for_linear_models():
    """A pipeline with PCA would give the weights of components, which nobody monitors."""
    model = make_pipeline(StandardScaler(), PCA(6, whiten=True), Ridge())
    model.fit(DIABETES.data, DIABETES.target)
    found = Importance.from_model(model, DIABETES.feature_names, X=DIABETES.data)
    middle = DIABETES.data.mean(axis=0, keepdims=True)
    steps = np.repeat(middle, 10, axis=0) + np.diag(DIABETES.data.std(axis=0))
    slopes = np.abs(model.predict(steps) - model.predict(middle))
    np.testing.assert_allclose(values(found), slopes / slopes.mean(), rtol=1e-6)


def test_a_tree_after_a_projection_shares_by_loadings():
    """Features of no component would get weight, or a component's weight be lost."""
    model = make_pipeline(MinMaxScaler(), PCA(1), DecisionTreeRegressor(random_state=0))
    model.fit(DIABETES.data, DIABETES.target)
    found = Importance.from_model(model, DIABETES.feature_names)
    loadings = model[1].components_[0] ** 2
    np.testing.assert_allclose(values(found), loadings * 10, rtol=1e-9)


def frame_of_diabetes():
    sex = np.where(DIABETES.data[:, 1] == 1, "f", "m")
    data = {name: DIABETES.data[:, i] for i, name in enumerate(DIABETES.feature_names)}
    return pd.DataFrame(data | {"sex": pd.Series(sex, dtype=object)})


def test_a_column_transformer_adds_a_category_s_columns_up():
    """A category would be lost, or be several features nobody has."""
    frame = frame_of_diabetes()
    numbers = [name for name in frame.columns if name not in ("sex", "s1")]
    prepare = ColumnTransformer([
        ("words", OneHotEncoder(), ["sex"]),
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
    ])  # fmt: skip
    model = make_pipeline(prepare, GradientBoostingRegressor(n_estimators=20, random_state=0))
    model.fit(frame, DIABETES.target)
    found = Importance.from_model(model)
    own = model[-1].feature_importances_
    assert list(found.weights) == list(frame.columns)
    assert found.weights["s1"] == 0
    assert found.weights["sex"] == pytest.approx((own[0] + own[1]) * 10)
    assert found.weights["bmi"] == pytest.approx(own[2 + numbers.index("bmi")] * 10)


def test_a_category_s_coefficients_are_added_before_the_spread_is_taken():
    """A category with one-hot columns would count twice beside the same feature as a number."""
    frame = frame_of_diabetes()
    prepare = ColumnTransformer(
        [("words", OneHotEncoder(), ["sex"]), ("rest", "passthrough", ["bmi", "bp"])]
    )
    model = make_pipeline(prepare, Ridge(alpha=1e-6)).fit(frame, DIABETES.target)
    found = Importance.from_model(model, X=frame)
    plain = LinearRegression().fit(DIABETES.data[:, [1, 2, 3]], DIABETES.target)
    part = np.abs(plain.coef_) * DIABETES.data[:, [1, 2, 3]].std(axis=0)
    got = np.array([found.weights[name] for name in ("sex", "bmi", "bp")])
    np.testing.assert_allclose(got / got.sum(), part / part.sum(), rtol=1e-4)


@pytest.mark.parametrize("step", [
    SelectKBest(k=5),
    KBinsDiscretizer(4, encode="onehot-dense", strategy="uniform"),
    PolynomialFeatures(2, interaction_only=True, include_bias=False),
    FeatureUnion([("scaled", StandardScaler()), ("main", PCA(3))]),
], ids=lambda step: type(step).__name__)  # fmt: skip
def test_common_steps_are_traced_and_nothing_is_lost(step):
    """A user's pipeline would be refused, or part of the model's weight go nowhere."""
    model = make_pipeline(step, RandomForestClassifier(10, random_state=0))
    model.fit(WINE.data, WINE.target)
    found = Importance.from_model(model, WINE.feature_names)
    assert values(found).sum() == pytest.approx(13)
    best = sorted(found.weights, key=found.weights.get)[-4:]
    assert {"flavanoids", "proline", "color_intensity", "alcohol"} & set(best)


def test_products_of_features_share_their_weight_whatever_the_units():
    """Interactions in a linear model would be weighed by the units of their factors."""
    rows = DIABETES.data[:, 2:5]
    names = ["bmi", "bp", "s1"]
    found = []
    for factor in (1.0, 1_000.0):
        scaled = rows * [factor, 1.0, 1.0]
        model = make_pipeline(
            PolynomialFeatures(2, interaction_only=True, include_bias=False), LinearRegression()
        ).fit(scaled, DIABETES.target)
        found.append(Importance.from_model(model, names, X=scaled))
    np.testing.assert_allclose(values(found[0]), values(found[1]), rtol=1e-5)
    columns = model[0].transform(scaled)
    each = np.abs(model[-1].coef_) * columns.std(axis=0)
    expected = each[:3] + [each[3] + each[4], each[3] + each[5], each[4] + each[5]] / np.float64(2)
    np.testing.assert_allclose(values(found[1]), expected / expected.mean(), rtol=1e-9)


def test_a_step_that_hides_its_inputs_is_refused_with_the_way_out():
    """A user would get weights that belong to other features."""
    model = make_pipeline(StandardScaler(), KMeans(3, n_init=1, random_state=0), logistic())
    model.fit(WINE.data, WINE.target)
    with pytest.raises(StatsInputError, match="KMeans does not say") as caught:
        Importance.from_model(model, WINE.feature_names)
    assert "pass X and y" in caught.value.hint
    found = Importance.from_model(model, WINE.feature_names, X=WINE.data, y=WINE.target, repeats=2)
    assert values(found).mean() == pytest.approx(1)


@pytest.mark.parametrize("form", ["array", "polars", "lazy", "pandas"])
def test_shuffling_takes_any_frame_and_finds_what_the_model_uses(form):
    """A model without weights of its own could not be used, or only with one kind of frame."""
    rng = np.random.default_rng(1)
    rows = {"noise": rng.normal(size=400), "signal": rng.normal(size=400)}
    target = (rows["signal"] > 0).astype(int)
    given = pd.DataFrame(rows)
    model = GaussianNB()
    model.fit(given if form != "array" else given.to_numpy(), target)
    rows_of = {
        "array": given.to_numpy(), "pandas": given[["signal", "noise"]],
        "polars": pl.DataFrame(rows), "lazy": pl.DataFrame(rows).lazy(),
    }[form]  # fmt: skip
    found = Importance.from_model(model, ["noise", "signal"], X=rows_of, y=pl.Series(target))
    assert found.weights["signal"] > 1.9
    assert found.weights["noise"] < 0.1
    again = Importance.from_model(model, ["noise", "signal"], X=rows_of, y=target)
    assert again.to_dict() == found.to_dict()


def test_shuffling_sees_what_accuracy_does_not():
    """A feature that moves probabilities but no decision would weigh nothing."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(3_000, 2))
    chance = 1 / (1 + np.exp(-5 - rows[:, 0]))
    target = (rng.uniform(size=3_000) < chance).astype(int)
    model = logistic().fit(rows, target)
    assert model.predict(rows).min() == 1
    found = Importance.from_model(model, ["real", "noise"], X=rows, y=target)
    assert found.weights["real"] > 1.5


def test_permutation_and_own_importances_agree_on_the_ranks():
    """One of the two ways would attach weights to the wrong features."""
    data = load_digits()
    kept = data.data.std(axis=0) > 0
    names = [f"pixel_{i}" for i in np.flatnonzero(kept)]
    forest = RandomForestClassifier(30, random_state=0, max_depth=8)
    forest.fit(data.data[:, kept], data.target)
    own = Importance.from_model(forest, names)
    shuffled = Importance.from_model(
        forest, names, X=data.data[:, kept], y=data.target, repeats=1, max_rows=400
    )
    assert spearmanr(values(own), values(shuffled)).statistic > 0.8


def test_a_search_stands_for_its_best_estimator():
    """A tuned pipeline, the usual thing, would be refused."""
    search = GridSearchCV(
        make_pipeline(StandardScaler(), logistic()),
        {"logisticregression__C": [0.1, 1.0]},
        cv=3,
    ).fit(WINE.data, WINE.target)
    best = Importance.from_model(search.best_estimator_, WINE.feature_names)
    assert Importance.from_model(search, WINE.feature_names).weights == best.weights


def test_names_are_checked_against_those_the_model_knows():
    """Weights would be attached to the wrong features without a word."""
    frame = pd.DataFrame(WINE.data, columns=WINE.feature_names)
    forest = RandomForestClassifier(5, random_state=0).fit(frame, WINE.target)
    backwards = Importance.from_model(forest, WINE.feature_names[::-1])
    assert backwards.weights == Importance.from_model(forest).weights
    with pytest.raises(StatsInputError, match="names differ"):
        Importance.from_model(forest, [*WINE.feature_names[1:], "other"])
    bare = RandomForestClassifier(5, random_state=0).fit(WINE.data, WINE.target)
    with pytest.raises(StatsInputError, match="without names"):
        Importance.from_model(bare)
    with pytest.raises(StatsInputError, match="12 names for an estimator of 13"):
        Importance.from_model(bare, WINE.feature_names[1:])
    with pytest.raises(StatsInputError, match="named twice"):
        Importance.from_model(bare, [*WINE.feature_names[1:], WINE.feature_names[1]])


def test_what_cannot_be_read_is_said():
    """A user would get an AttributeError from inside."""
    model = GaussianNB().fit(WINE.data, WINE.target)
    with pytest.raises(StatsInputError, match="neither feature_importances_ nor coef_"):
        Importance.from_model(model, WINE.feature_names)
    with pytest.raises(ConfigError, match="did you mean 'permutation'"):
        Importance.from_model(model, WINE.feature_names, method="permutations")
    with pytest.raises(StatsInputError, match="has no coef_"):
        Importance.from_model(model, WINE.feature_names, method="coef")
    rows = pl.DataFrame(WINE.data, schema=WINE.feature_names).drop("proline")
    with pytest.raises(StatsInputError, match="no feature 'proline' in X"):
        Importance.from_model(model, WINE.feature_names, X=rows, y=WINE.target)
    constant = DecisionTreeRegressor().fit(WINE.data, np.ones(178))
    with pytest.raises(StatsInputError, match="no feature matters"):
        Importance.from_model(constant, WINE.feature_names)


def test_interactions_are_those_of_the_model():
    """Two features that only count together would be weighed one by one."""
    rng = np.random.default_rng(3)
    rows = rng.uniform(-1, 1, size=(800, 3))
    target = rows[:, 0] * rows[:, 1] + rows[:, 2]
    model = GradientBoostingRegressor(random_state=0, max_depth=4).fit(rows, target)
    found = find_interactions(model, ["a", "b", "c"], rows, min_strength=0.2)
    assert [item.features for item in found] == [("a", "b")]
    assert found[0].factor > 1.5
    linear = LinearRegression().fit(rows, target)
    assert find_interactions(linear, ["a", "b", "c"], rows) == ()
    with pytest.raises(StatsInputError, match="no feature 'd'"):
        find_interactions(model, ["a", "b", "c"], rows, among=["a", "d"])
