"""Event stores that plugins bring: a real distribution with one, and what is said of what is none."""

from __future__ import annotations

import pytest
from test_plugin_loading import install

from poet.errors import PluginError
from poet.plugins import PluginStore, _check_store
from poet.testing import Project

PLUGIN = """
from poet.hookspecs import hookimpl

@hookimpl
def poet_register_event_stores(register):
    register("cupboard", open_cupboard)

def open_cupboard(url, home):
    from poet.events.sqlite import SqliteStore
    store = SqliteStore("sqlite:///" + url.removeprefix("cupboard://") + ".cupboard", home)
    store.url = url
    return store
"""


def test_the_setting_names_the_store_of_a_plugin(tmp_path):
    """A store that a company has of its own could not be used, or not by emit and the commands."""
    env = install(tmp_path, "cupboard", PLUGIN)
    project = Project(tmp_path / "project")
    env = {**env, "POET_EVENT_STORE": "cupboard://top", "POET_HOME": str(tmp_path / "home")}
    done = project.poet("events", "counts", "--json", env=env)
    assert done.code == 0, done.out
    assert '"store": "cupboard://top"' in done.out
    assert (tmp_path / "home" / "top.cupboard").is_file()
    moved = project.poet("events", "migrate", "cupboard://top", "files", env=env)
    assert moved.code == 0, moved.out
    wrong = project.poet("events", "counts", "--store", "cupbord://top", env=env)
    assert wrong.code == 1
    assert "did you mean 'cupboard'" in wrong.out


@pytest.mark.parametrize("name", ["files", "sqlite", "redis", "rediss", "unix", "", "a b", None, 3])
def test_a_scheme_that_is_taken_or_none_is_refused(name):
    """A plugin could take the events of every project in its hands."""
    with pytest.raises(PluginError, match="cannot be called"):
        _check_store(PluginStore(name, lambda url, home: None, "p"))


def test_what_cannot_be_called_is_refused():
    """A misspelt plugin would fail at the first event, with a traceback."""
    with pytest.raises(PluginError, match="to open it"):
        _check_store(PluginStore("mine", 3, "p"))
