"""The plugin of POET that finds a function's tests outside of a pytest run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poet.hookspecs import hookimpl

if TYPE_CHECKING:
    from poet.spec import Options
    from pytest_poet.evidence import FunctionTests

__all__ = ["poet_find_tests"]


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
    baseline = TestBaseline(
        Command.in_folder(root),
        [subject],
        timeout=settings.tests_timeout,
        call_timeout=settings.verify_timeout,
    )
    return FunctionTests(baseline, subject)
