"""What the monitor must do for a model of tomorrow's warmth, on four years of weather in Seattle."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from production import ModelHealth, ProductionMonitor
from sklearn.linear_model import LinearRegression

WEATHER = Path(find_spec("vega_datasets").origin).parent / "_data" / "seattle-weather.csv"
NAMES = ["temp_min", "wind", "precipitation"]
SUMMER, WINTER = [6, 7, 8], [12, 1, 2]


@pytest.fixture(scope="module")
def weather() -> pl.DataFrame:
    return pl.read_csv(WEATHER, try_parse_dates=True)


def season(weather: pl.DataFrame, months: list[int], half: int) -> pl.DataFrame:
    date = pl.col("date").dt
    return weather.filter(date.month().is_in(months), date.ordinal_day() % 2 == half)


class Forecast:
    """The model: fitted on some days, and on others when it is told to."""

    def __init__(self, days: pl.DataFrame) -> None:
        self.fitted = 0
        self.fit(days)

    def fit(self, days: pl.DataFrame) -> None:
        self.days = days
        self.model = LinearRegression().fit(
            days.select(NAMES).to_numpy(), days["temp_max"].to_numpy()
        )
        self.fitted += 1

    def predict(self, days: pl.DataFrame) -> list[float]:
        return self.model.predict(days.select(NAMES).to_numpy()).tolist()

    def monitor(self, **given) -> ProductionMonitor:
        features, labels = self.days.select(NAMES), self.days["temp_max"].to_list()
        return ProductionMonitor(features, self.predict(self.days), labels, **given)


@pytest.fixture
def forecast(weather: pl.DataFrame) -> Forecast:
    return Forecast(season(weather, SUMMER, 0))


def test_more_summer_days_are_healthy(weather: pl.DataFrame, forecast: Forecast) -> None:
    days = season(weather, SUMMER, 1)
    health = forecast.monitor().assess_model_health(forecast.predict(days), days.select(NAMES))
    assert isinstance(health, ModelHealth)
    assert health.status == "healthy"
    assert health.features_drifted == []
    assert health.score > 0.8


def test_winter_is_not_and_says_why(weather: pl.DataFrame, forecast: Forecast) -> None:
    days = season(weather, WINTER, 1)
    health = forecast.monitor().assess_model_health(forecast.predict(days), days.select(NAMES))
    assert health.status == "unhealthy"
    assert health.score < 0.5
    assert "temp_min" in health.features_drifted


def test_the_model_is_retrained_where_it_is_unhealthy(
    weather: pl.DataFrame, forecast: Forecast
) -> None:
    told: list[ModelHealth] = []

    def retrain(health: ModelHealth) -> None:
        told.append(health)
        forecast.fit(season(weather, WINTER, 0))

    monitor = forecast.monitor(on_unhealthy=retrain)
    fine = season(weather, SUMMER, 1)
    monitor.assess_model_health(forecast.predict(fine), fine.select(NAMES))
    assert forecast.fitted == 1
    cold = season(weather, WINTER, 1)
    before = forecast.predict(cold)
    monitor.assess_model_health(before, cold.select(NAMES))
    assert forecast.fitted == 2
    assert told[0].features_drifted
    assert forecast.predict(cold) != before
    after = forecast.monitor().assess_model_health(forecast.predict(cold), cold.select(NAMES))
    assert after.status == "healthy"


def test_labels_that_come_are_looked_at(weather: pl.DataFrame, forecast: Forecast) -> None:
    days = season(weather, SUMMER, 1)
    predictions = forecast.predict(days)
    features, labels = days.select(NAMES), days["temp_max"].to_list()
    right = forecast.monitor().assess_model_health(predictions, features, labels)
    wrong = forecast.monitor().assess_model_health(predictions, features, [y + 15 for y in labels])
    assert wrong.score < right.score
