"""A project's function and its tests, judged below the audit: what must hold without its help."""

from __future__ import annotations

import textwrap

from plugin_app import PYPROJECT

from poet.spec import Options
from poet.testing import Project
from pytest_poet.finder import poet_find_tests

__all__ = ["evidence", "judged"]


def evidence(folder, app, tests, qualname="f", **files):
    """Return the evidence of a project that consists of ``app`` and ``tests``."""
    Project(folder).write(
        {"pyproject.toml": PYPROJECT, "app.py": app, "test_app.py": tests, **files}
    )
    return poet_find_tests(folder / "app.py", qualname, Options.parse({}, "app.py"), folder)


def judged(found, code, confined=False):
    """Return each check's outcome, whether it compared and whether it was shared, by test."""
    checks = found.run(textwrap.dedent(code).lstrip("\n"), confined=confined)
    assert sorted(c.name for c in checks) == sorted(found.planned())
    return {c.name.partition("::")[2]: c for c in checks}
