"""Feedback sources of plugins: what is registered is found, what can never be asked is refused."""

import pytest
from test_plugin_loading import install

from poet.testing import Project

PLUGIN = """
from poet.hookspecs import hookimpl

class Source:
    name = {name!r}
    {body}

@hookimpl
def poet_register_feedback_sources(register):
    register(Source())
"""
SHOW = """
from poet.plugins import loaded
print("sources:", sorted(loaded().feedback_sources))
"""


def shown(folder, name, body):
    env = install(folder, "pager", PLUGIN.format(name=name, body=body))
    project = Project(folder / "project")
    project.write({"pyproject.toml": ""})
    return project.python(SHOW, env=env)


def test_a_source_is_found(tmp_path):
    """A plugin's pager would never be asked."""
    done = shown(tmp_path, "pager", "def poll(self, cursor): return [], None")
    assert "sources: ['pager']" in done.out, done


@pytest.mark.parametrize(
    ("name", "body"), [("Pager Duty", "def poll(self, cursor): ..."), ("pager", "poll = None")]
)
def test_what_can_never_be_asked_is_refused(tmp_path, name, body):
    """A pass of learning would fail on it each time."""
    done = shown(tmp_path, name, body)
    assert "sources: []" in done.out, done
    assert "feedback source" in done.out
