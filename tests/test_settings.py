"""Settings: pyproject.toml, then POET_* variables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poet.errors import ConfigError
from poet.settings import Limits, Price, Settings, home_for, load_settings, project_root


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in list(os.environ):
        if name.startswith("POET_"):
            monkeypatch.delenv(name)


def project(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_defaults(tmp_path):
    """A project without any settings would not work."""
    assert load_settings(project(tmp_path, "")) == Settings()
    assert load_settings(project(tmp_path / "x", '[project]\nname = "poet"\n')) == Settings()


def test_variables_go_before_the_file(tmp_path, monkeypatch):
    """A deployment could not change what the repository says."""
    folder = project(tmp_path, '[tool.poet]\nmode = "off"\nstrict = true\nlock_timeout = 5\n')
    assert load_settings(folder)[:2] == ("off", True)
    monkeypatch.setenv("POET_MODE", "locked")
    monkeypatch.setenv("POET_STRICT", "0")
    settings = load_settings(folder)
    assert (settings.mode, settings.strict, settings.lock_timeout) == ("locked", False, 5.0)
    monkeypatch.delenv("POET_MODE")
    assert load_settings(folder).mode == "off"


def test_every_setting_has_its_variable(tmp_path, monkeypatch):
    """A setting could be given in one place only."""
    given = {
        "mode": "locked", "strict": "yes", "events": "off", "home": "/somewhere",
        "event_store": "sqlite:///e.db", "retention_days": "7", "record_share": "0.5",
        "record_mb": "64", "source": "ci", "reviewers": "1", "cool_down": "60",
        "environment": "staging", "disabled_plugins": "a, b,", "strict_plugins": "1",
        "verify_timeout": "2.5", "lock_timeout": "3", "tests_timeout": "90",
        "sandbox": "best-effort",
        "isolation": "in-process", "review": "commit", "workers": "5", "call_timeout": "1.5",
        "call_memory_mb": "256", "llm": "live", "provider": "house", "model": "openai/gpt-5",
        "api_base": "http://127.0.0.1:8000/v1", "candidates": "4", "tries": "5", "parallel": "16",
        "max_tokens": "4096", "temperature": "0.5", "model_timeout": "45",
        "budget": "usd=0.1,calls=3", "run_budget": "seconds=60", "price": "input=0.25,output=2",
    }  # fmt: skip
    assert set(given) == set(Settings._fields)
    for name, text in given.items():
        monkeypatch.setenv(f"POET_{name.upper()}", text)
    assert load_settings(tmp_path) == Settings(
        "locked", True, False, "sqlite:///e.db", 7.0, 0.5, 64, "ci", 1, 60.0,
        Path("/somewhere"), "staging", ("a", "b"), True, 2.5, 90.0, 3.0,
        "best-effort", "in-process", "commit", 5, 1.5, 256, "live", "house", "openai/gpt-5",
        "http://127.0.0.1:8000/v1", 4, 5, 16, 4096, 0.5, 45.0,
        Limits(0.1, 200_000, 3, 600.0), Limits(5.0, 2_000_000, 200, 60.0), Price(0.25, 2.0),
    )  # fmt: skip


def test_the_nearest_file_counts(tmp_path):
    """A package of a workspace would take another one's settings."""
    project(tmp_path, '[tool.poet]\nenvironment = "outer"\n')
    inner = project(tmp_path / "a" / "b", '[tool.poet]\nenvironment = "inner"\n')
    (inner / "src").mkdir()
    assert load_settings(inner / "src").environment == "inner"
    assert load_settings(tmp_path / "a").environment == "outer"
    assert project_root(inner / "src") == inner


@pytest.mark.parametrize(
    "text",
    ['[tool.poet]\nmode = "off"\n', '[tool]\npoet = {mode = "off"}\n', '[tool]\npoet.mode = "off"\n',
     'tool.poet.mode = "off"\n', '[ tool . poet ]\nmode = "off"\n', '["tool"."poet"]\nmode = "off"\n'],
)  # fmt: skip
def test_every_way_to_write_the_table(tmp_path, text):
    """Settings in valid TOML would be ignored without a word."""
    assert load_settings(project(tmp_path, text)).mode == "off"


def test_no_cool_down_can_be_asked_for(tmp_path):
    """Who tries learning out would wait an hour between two attempts, or set a second."""
    assert load_settings(project(tmp_path, "[tool.poet]\ncool_down = 0\n")).cool_down == 0.0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mod = 'off'", "unknown key 'mod', did you mean 'mode'"),
        ("lock_time = 3", "did you mean 'lock_timeout'"),
        ("zzz = 3", "unknown key 'zzz'"),
        ("mode = 'on'", "mode 'on' is not one of auto, locked, off"),
        ("mode = ['off']", "not one of"),
        ("sandbox = 'off'", "sandbox 'off' is not one of require, best-effort"),
        ("strict = 'maybe'", "'maybe' is not true or false"),
        ("verify_timeout = 0", "not a number of seconds above 0"),
        ("verify_timeout = 'x'", "not a number of seconds"),
        ("verify_timeout = true", "not a number of seconds"),
        ("verify_timeout = nan", "not a number of seconds"),
        ("lock_timeout = [1]", "not a number of seconds"),
        ("environment = 3", "3 is not text"),
        ("home = 3", "3 is not text"),
        ("disabled_plugins = 3", "not a list of names"),
        ("isolation = 'none'", "isolation 'none' is not one of worker, in-process"),
        ("review = true", "review True is not one of approve, commit"),
        ("workers = 0", "workers 0 is not from 1 to 64"),
        ("workers = 2.5", "2.5 is not a whole number"),
        ("workers = true", "True is not a whole number"),
        ("call_memory_mb = 1", "call_memory_mb 1 is not from 16"),
        ("call_timeout = 0", "not a number of seconds above 0"),
        ("disabled_plugins = [3]", "not a list of names"),
        ("llm = 'on'", "llm 'on' is not one of auto, off, replay, live"),
        ("llm = false", "llm False is not one of"),
        ("modell = 'x'", "did you mean 'model'"),
        ("api_bse = 'x'", "did you mean 'api_base'"),
        ("run_budgt = {usd = 1}", "did you mean 'run_budget'"),
        ("model = 3", "3 is not text"),
        ("provider = ['litellm']", "is not text"),
        ("provider = ''", "provider is empty"),
        ("model = ' '", "model is empty"),
        ('model = "a\\nb"', "not one line of text"),
        ("api_base = 'localhost:8000'", "api_base 'localhost:8000' is no address"),
        ("candidates = 0", "candidates 0 is not from 1 to 20"),
        ("candidates = 21", "candidates 21 is not from 1 to 20"),
        ("tries = 1.0", "1.0 is not a whole number"),
        ("parallel = 201", "parallel 201 is not from 1 to 200"),
        ("max_tokens = 63", "max_tokens 63 is not from 64"),
        ("temperature = -0.1", "temperature -0.1 is not a number from 0 to 2"),
        ("temperature = true", "temperature True is not a number"),
        ("model_timeout = 0", "not a number of seconds above 0"),
        ("budget = {}", "budget {} names nothing"),
        ("budget = 0.5", "budget 0.5 names nothing"),
        ("budget = 'usd'", "budget usd='' is not a number of at least 0"),
        ("budget = {dollars = 1}", "unknown key 'dollars' in budget"),
        ("budget = {call = 1}", "unknown key 'call' in budget, did you mean 'calls'"),
        ("budget = {usd = -1}", "budget usd=-1 is not a number of at least 0"),
        ("budget = {usd = inf}", "budget usd=inf is not a number of at least 0"),
        ("budget = {calls = 1.5}", "budget calls=1.5 is not a whole number"),
        ("run_budget = {tokens = '2e-1'}", "run_budget tokens=0.2 is not a whole number"),
        ("budget = {usd = true}", "budget usd=True is not a number"),
        ("budget = 'usd=1,usd=2'", "budget says usd twice"),
        ("price = {input = 1}", "price says nothing of output"),
        ("price = {input = 1, outptu = 2}", "unknown key 'outptu' in price, did you mean 'output'"),
        ("price = 'free'", "unknown key 'free' in price"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, line, message):
    """A misspelt setting would be ignored, or the message not say where it stands."""
    folder = project(tmp_path, f"[tool.poet]\n{line}\n")
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings(folder)
    assert "[tool.poet]" in caught.value.where
    assert str(folder / "pyproject.toml") in caught.value.where


@pytest.mark.parametrize("text", ["tool = 3\n", '[tool]\npoet = "x"\n', "[tool.poet\n"])
def test_a_file_that_is_not_as_it_should_be(tmp_path, text):
    """The message would be a traceback out of POET instead of the file's name."""
    if "poet" not in text:
        text += "# poet\n"
    with pytest.raises(ConfigError) as caught:
        load_settings(project(tmp_path, text))
    assert "pyproject.toml" in caught.value.where


def test_a_broken_file_without_settings_of_poet(tmp_path):
    """Another tool's mistake would stop every decorated call."""
    assert load_settings(project(tmp_path, "[project\n")) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [("MODE", "on"), ("MODE", ""), ("STRICT", "x"), ("LOCK_TIMEOUT", "-1"), ("VERIFY_TIMEOUT", "")],
)
def test_what_is_wrong_in_a_variable_is_named(tmp_path, monkeypatch, name, text):
    """A typing mistake in a deployment would silently run another mode."""
    monkeypatch.setenv(f"POET_{name}", text)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert caught.value.where == f"POET_{name}"


def test_home(tmp_path, monkeypatch):
    """Live state would be written into a checkout that is locked, or be lost."""
    folder = project(tmp_path / "p", "")
    assert home_for(folder, Settings()) == folder / ".poet" / "home"
    locked = home_for(folder, Settings(mode="locked"))
    assert not locked.is_relative_to(folder)
    assert home_for(folder, Settings(mode="locked", home=Path("/x"))) == Path("/x")
    relative = project(tmp_path / "q", '[tool.poet]\nhome = "state"\n')
    assert load_settings(relative).home == relative / "state"
    monkeypatch.setenv("POET_HOME", "")
    assert load_settings(relative).home == relative / "state"
    monkeypatch.setenv("POET_HOME", "~/state")
    assert load_settings(relative).home == Path.home() / "state"


def test_limits_change_only_what_they_name(tmp_path, monkeypatch):
    """A tighter limit on dollars would lift the one on calls."""
    folder = project(tmp_path, "[tool.poet]\nbudget = {usd = 0.2, seconds = 9}\n")
    assert load_settings(folder).budget == Limits(0.2, 200_000, 12, 9.0)
    monkeypatch.setenv("POET_BUDGET", " calls = 3 , tokens=1e4")
    assert load_settings(folder).budget == Limits(0.2, 10_000, 3, 9.0)
    found = load_settings(folder, {"budget": "usd=0", "run_budget": {"calls": 7}})
    assert found.budget == Limits(0.0, 10_000, 3, 9.0)
    assert found.run_budget == Limits(5.0, 2_000_000, 7, 3600.0)
    assert isinstance(found.budget.calls, int)


def test_arguments_go_before_variables(tmp_path, monkeypatch):
    """A flag would be ignored where the shell has a variable."""
    monkeypatch.setenv("POET_MODEL", "openai/a")
    monkeypatch.setenv("POET_CANDIDATES", "3")
    found = load_settings(project(tmp_path, ""), {"model": "openai/b", "candidates": None})
    assert (found.model, found.candidates) == ("openai/b", 3)
    with pytest.raises(ConfigError, match="tries 0 is not from 1 to 20") as caught:
        load_settings(tmp_path, {"tries": "0"})
    assert caught.value.where == "tries"
    with pytest.raises(ConfigError, match="unknown setting 'modell', did you mean 'model'"):
        load_settings(tmp_path, {"modell": "openai/b"})


def test_an_empty_variable_names_no_model(tmp_path, monkeypatch):
    """An unset secret in CI would count as a model whose name is empty."""
    folder = project(tmp_path, '[tool.poet]\nmodel = "openai/a"\nprice = {input=1, output=2}\n')
    for name in ("MODEL", "API_BASE", "TEMPERATURE", "PRICE"):
        monkeypatch.setenv(f"POET_{name}", "")
    found = load_settings(folder)
    assert (found.model, found.api_base, found.temperature) == ("openai/a", None, None)
    assert found.price == Price(1.0, 2.0)


def test_a_key_alone_changes_no_setting(tmp_path, monkeypatch):
    """A key in the environment would start to spend."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    assert load_settings(project(tmp_path, "")) == Settings()
