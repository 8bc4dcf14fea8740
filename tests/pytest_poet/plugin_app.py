"""The projects of these tests."""

from __future__ import annotations

from poet.testing import Project

__all__ = ["APP", "TESTS", "made", "make"]

APP = """
from poet import poet

@poet()
def add(a: int, b: int = 1) -> int:
    return a + b

@poet()
def shout(text: str) -> str:
    return text.upper()
"""
# Each of these runs is many processes; what they do not use they do not import.
PYPROJECT = """
[project]
name = "example"
version = "0"

[tool.pytest.ini_options]
addopts = "-p no:hypothesispytest -p no:cacheprovider"
"""
TESTS = """
from app import add, shout

def test_add():
    assert add(1, 2) == 3

def test_shout():
    assert shout("a") == "A"
"""


def make(folder, **files):
    """Write the project: ``app`` and ``test_app`` replace its two files."""
    project = Project(folder)
    project.write({"pyproject.toml": PYPROJECT})
    return project.write(
        {"app.py": files.get("app", APP), "test_app.py": files.get("test_app", TESTS)}
    )


def made(folder, **files):
    """Write the project and make its versions."""
    project = make(folder, **files)
    done = project.pytest("-q", "--poet-regenerate")
    assert done.code == 0, done.out
    return project
