"""What the two functions must do, on real weather."""

import polars as pl
import pytest
from weather import detect_drift, fetch


@pytest.fixture(scope="module")
def seattle() -> pl.DataFrame:
    return fetch("seattle-temps")


@pytest.fixture(scope="module")
def types() -> pl.DataFrame:
    return fetch("seattle-weather")


def test_fetch_reads_a_year_of_hours() -> None:
    table = fetch("sf-temps")
    assert table.height == 8759
    assert table["date"].dtype == pl.Datetime


def test_two_cities_drift(seattle: pl.DataFrame) -> None:
    result = detect_drift(fetch("sf-temps")["temp"], seattle["temp"])
    assert result["drift_detected"]
    assert result["test"] == "ks"
    assert result["p_value"] < 1e-6
    assert result["effect_size"] > 0.3


def test_odd_and_even_days_of_one_city_do_not(seattle: pl.DataFrame) -> None:
    odd = seattle["date"].dt.ordinal_day() % 2 == 1
    result = detect_drift(seattle.filter(odd)["temp"], seattle.filter(~odd)["temp"])
    assert not result["drift_detected"]
    assert result["effect_size"] < 0.02


def test_winter_drifts_from_summer(seattle: pl.DataFrame) -> None:
    month = seattle["date"].dt.month()
    winter = seattle.filter(month.is_in([12, 1, 2]))["temp"]
    summer = seattle.filter(month.is_in([6, 7, 8]))["temp"]
    assert detect_drift(winter, summer)["drift_detected"]


def test_weather_types_go_through_kl(types: pl.DataFrame) -> None:
    month = types["date"].dt.month()
    winter = types.filter(month.is_in([12, 1, 2]))["weather"]
    summer = types.filter(month.is_in([6, 7, 8]))["weather"]
    result = detect_drift(winter, summer)
    assert result["drift_detected"]
    assert result["test"] == "kl"


def test_weather_types_of_odd_and_even_days_do_not(types: pl.DataFrame) -> None:
    odd = types["date"].dt.ordinal_day() % 2 == 1
    assert not detect_drift(types.filter(odd)["weather"], types.filter(~odd)["weather"])[
        "drift_detected"
    ]
