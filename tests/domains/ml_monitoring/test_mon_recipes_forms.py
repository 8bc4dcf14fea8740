"""Monitors of every form that users write: read, written, audited, and right on data that is known."""

from __future__ import annotations

import ast

import polars as pl
import pytest
from mon_recipes_forms import FORMS
from mon_recipes_helpers import DOMAIN, failures, spec_for, watch

from poet.errors import PoetWarning
from poet.gate.audit import audit, known_attributes
from poet_domain_ml_monitoring.agents._calls import columns

NAMES = ("load", "pressure", "speed")


@pytest.fixture
def made(request, tmp_path):
    form = FORMS[request.param]
    return watch(tmp_path, form.text, form.name, **form.options)


def by_key(*keys):
    return pytest.mark.parametrize("made", keys, indirect=True, ids=list(keys))


@by_key(*FORMS)
def test_the_monitor_passes_its_checks_and_the_audit(made):
    """A user's function would be refused, or get a monitor that is wrong on plain data."""
    grants = DOMAIN.grants_for(made.spec)
    known = known_attributes(made.spec, grants)
    assert audit(made.recipe.source, made.spec.name, grants.modules, known) == []
    checks = DOMAIN.checks(made.spec)
    assert len(checks) >= 8
    assert failures(made, checks) == {}


@by_key(*FORMS)
def test_the_text_reads_in_four_phases(made):
    """A reviewer would have to look for what happens where."""
    source = made.recipe.source
    phases = [
        source.index(f"    # {name}:") for name in ("Perceive", "Operate", "Enforce", "Train")
    ]
    assert phases == sorted(phases)
    assert max(len(line) for line in source.splitlines()) <= 100
    assert ast.parse(source)


@pytest.mark.parametrize("key", FORMS)
def test_the_same_function_gives_the_same_text(key, tmp_path):
    """Two machines would store different versions of one function."""
    form = FORMS[key]
    specs = [spec_for(tmp_path, form.text, form.name, **form.options) for _ in range(2)]
    first, second = (DOMAIN.recipe(spec) for spec in specs)
    assert first == second


@by_key("dataclass with windows")
def test_keys_of_the_users_own_are_kept(made):
    """A user's result would lose what the recipe does not know."""
    agent = made.owner("fraud", columns(1, NAMES), {"speed": 3.0})
    value, facts = made.observed(agent, columns(2, NAMES, {"speed": 3.0}))
    assert list(value) == ["model", "drifted", "features", "recommendations"]
    assert value["model"] == "fraud"
    assert value["drifted"] == ["speed"]
    assert value["features"]["speed"] == {
        "drift": True,
        "score": pytest.approx(0.6, abs=0.4),
        "importance": 3.0,
    }
    assert value["features"]["load"]["importance"] == 1.0
    assert any("speed" in text for text in value["recommendations"])
    assert facts["drifted_features"] == ["speed"]
    assert facts["rows"] == 400
    assert facts["report"]


@by_key("a frame, a status of its own words")
def test_statuses_are_in_the_users_words(made):
    """A dashboard that knows RED and GREEN would show neither."""
    checker = made.owner(pl.DataFrame(columns(1, NAMES)))
    assert made.monitor(checker, pl.DataFrame(columns(2, NAMES))) == {
        "state": "GREEN",
        "checked": 3,
    }
    moved = made.monitor(checker, pl.DataFrame(columns(2, NAMES, {"load": 4.0})))
    assert moved["state"] == "RED"
    few = made.monitor(checker, pl.DataFrame(columns(2, NAMES)).head(3))
    assert few["state"] == "insufficient_data"


@by_key("a dataclass of few fields")
def test_what_follows_the_result_is_done_once_and_as_written(made):
    """A callback would be called never, twice, or with something else."""
    told = []
    production = made.owner(pl.DataFrame(columns(1, NAMES)), lambda *given: told.append(given))
    fine = made.monitor(production, columns(3, ["p"])["p"], pl.DataFrame(columns(2, NAMES)))
    assert told == []
    assert production.last is fine
    assert fine.health_score == 100
    moved = pl.DataFrame(columns(2, NAMES, {"load": 4.0}))
    bad = made.monitor(production, columns(3, ["p"])["p"], moved)
    assert told == [(bad, ["load"])]
    assert production.last is bad
    assert 0 <= bad.health_score < 100


@by_key("a dataclass of health")
def test_health_is_said_in_the_users_class_and_words(made):
    """A user's type would be replaced, or its words for the status by ours."""
    told = []
    reference = pl.DataFrame(columns(1, NAMES))
    monitor = made.owner(reference, columns(5, ["p"])["p"], told.append)
    fine = made.monitor(monitor, columns(6, ["p"])["p"], pl.DataFrame(columns(2, NAMES)))
    assert type(fine) is made.module.ModelHealth
    assert (fine.status, fine.features_drifted, fine.alerts) == ("ok", [], [])
    moved = pl.DataFrame(columns(2, NAMES, dict.fromkeys(NAMES, 4.0)))
    bad = made.monitor(monitor, columns(6, ["p"], {"p": 4.0})["p"], moved)
    assert bad.status == "critical"
    assert set(bad.features_drifted) == set(NAMES)
    assert bad.alerts
    assert told == [bad]


@by_key("a function, its module's references")
def test_each_model_of_a_function_has_its_own_reference(made):
    """Two models would be held to one reference."""
    made.module.REFERENCES["low"] = pl.DataFrame(columns(1, NAMES))
    made.module.REFERENCES["high"] = pl.DataFrame(columns(2, NAMES, {"load": 4.0}))
    now = pl.DataFrame(columns(3, NAMES, {"load": 4.0}))
    assert made.monitor(now, "low")["drifted_features"] == ["load"]
    assert made.monitor(now, "high")["drifted_features"] == []
    with pytest.raises(KeyError, match="none"):
        made.monitor(now, "none")


@by_key("a NamedTuple, p-values")
def test_what_cannot_be_told_is_none_where_the_user_allows_none(made):
    """A user would read "no drift" from four rows."""
    tests = made.owner(columns(1, NAMES))
    few = made.monitor(tests, {name: values[:4] for name, values in columns(2, NAMES).items()})
    assert few["load"].drifted is None
    assert few["load"].reason
    full = made.monitor(tests, columns(2, NAMES, {"load": 4.0}))
    assert (full["load"].drifted, full["speed"].drifted) == (True, False)
    assert full["load"].p_value < 1e-6


@by_key("other names, per feature")
def test_what_a_bool_cannot_say_is_said_aloud(made):
    """A user would never hear that a window was too small to tell."""
    watcher = made.owner(columns(1, NAMES))
    few = {name: values[:4] for name, values in columns(2, NAMES).items()}
    with pytest.warns(PoetWarning, match="load"):
        assert made.monitor(watcher, few) == dict.fromkeys(NAMES, False)


@by_key("a method that learns of features")
def test_a_new_feature_is_compared_once_enough_of_it_was_seen(made):
    """A feature that came later would never be watched, or be called drift at once."""
    stream = made.owner(pl.DataFrame(columns(1, NAMES)))
    late = (*NAMES, "late")

    def call(seed, moved=None):
        return made.monitor(stream, pl.DataFrame(columns(seed, late, moved)))

    said = [call(seed) for seed in range(2, 6)]
    assert [s["new_features"] for s in said[:3]] == [["late"]] * 3
    assert all(s["drifted"] == [] and not s["safe_mode"] for s in said)
    after = call(7, {"late": 4.0})
    assert after["drifted"] == ["late"]


@by_key("named in config")
def test_config_names_the_roles_and_sets_the_limits(made):
    """A user could not name what the recipe cannot guess."""
    assert "self.usual" in made.recipe.source
    assert "min_effect=0.2" in made.recipe.source
    odd = made.owner(columns(1, NAMES))
    assert made.monitor(odd, columns(2, NAMES, {"load": 0.3})) == dict.fromkeys(NAMES, False)


def test_the_levels_of_a_monitor_are_not_those_of_a_detector(tmp_path):
    """A monitor of a thousand features would alert by chance; a user's own level would be lost."""
    text = """
        from poet import poet

        @dataclass
        class Guard:
            reference: pl.DataFrame

            @poet(domain="ml_monitoring", OPTIONS)
            def has_drifted(self, data: pl.DataFrame) -> bool:
                return (data - self.reference).mean().max() > 1
        """

    def params(options, **config):
        shown = text.replace("OPTIONS", options)
        return DOMAIN.recipe(spec_for(tmp_path, shown, "Guard.has_drifted", config=config)).params

    usual = params("")
    assert (usual["alpha"], usual["min_effect"], usual["min_samples"]) == (0.005, 0.06, 20)
    given = params(
        "config={'alert_threshold': 0.05, 'min_effect': 0.2}", alert_threshold=0.05, min_effect=0.2
    )
    assert (given["alpha"], given["min_effect"]) == (0.05, 0.2)
