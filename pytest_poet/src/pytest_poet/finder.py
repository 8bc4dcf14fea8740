"""The plugin of POET that finds a function's tests outside of a pytest run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from poet.hookspecs import hookimpl

if TYPE_CHECKING:
    from poet.spec import Options
    from pytest_poet.evidence import FunctionTests, TestBaseline

__all__ = ["poet_find_tests"]

# Of each project, the tests that have not run yet: functions that are asked for together share them.
_waiting: WeakValueDictionary[Path, TestBaseline] = WeakValueDictionary()


@hookimpl
def poet_find_tests(path: Path, qualname: str, options: Options, root: Path) -> FunctionTests:
    """Return the tests that pytest collects in ``root``; they run once the gate asks for them."""
    from poet.registry import spec_for
    from poet.settings import load_settings
    from poet.spec import import_name
    from pytest_poet.bridge import Subject
    from pytest_poet.evidence import FunctionTests, TestBaseline
    from pytest_poet.runner import Command

    settings = load_settings(root)
    subject = Subject.of(spec_for(path, qualname, options)[0], import_name(path))
    baseline = _waiting.get(root)
    if baseline is None or not baseline.join(subject):
        baseline = _waiting[root] = TestBaseline(
            Command.in_folder(root),
            [subject],
            timeout=settings.tests_timeout,
            call_timeout=settings.verify_timeout,
        )
    return FunctionTests(baseline, subject)
