"""Options, hooks and fixtures. POET itself is imported only once a run needs it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_poet.options import add_options, read_options

if TYPE_CHECKING:
    from poet.testing import Project
    from pytest_poet.session import PoetSession

__all__ = ["poet_project", "poet_version"]

RUNNER = "POET_TEST_RUNNER"
TEST_PROCESS = "poet-test-process"
# Set for a run that only regenerates, before xdist starts its workers; and, for those, its results.
ONLY = "POET_REGENERATE_ONLY"
RESULTS = "POET_REGENERATE_RESULTS"
_session = pytest.StashKey["PoetSession"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and ini keys."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; a wrong option is an error before anything runs."""
    config.addinivalue_line("markers", "poet: the verification of a stored version")
    _join(config)  # for a plugin that a conftest.py loads
    if not config.pluginmanager.hasplugin(TEST_PROCESS):
        read_options(config)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """In a process that runs tests for the gate, take its instructions before any user code runs."""
    _join(early_config)


def _join(config: pytest.Config) -> None:
    descriptor = os.environ.pop(RUNNER, "")  # a pytest that a test starts is an ordinary one
    if descriptor:
        from pytest_poet.child import TestProcess

        config.pluginmanager.register(TestProcess(int(descriptor)), TEST_PROCESS)


def _active(config: pytest.Config) -> bool:
    in_child = config.pluginmanager.hasplugin(TEST_PROCESS)
    return not in_child and not config.getoption("no_poet")


def _poet(config: pytest.Config) -> PoetSession:
    found = config.stash.get(_session, None)
    if found is None:
        from poet.errors import ConfigError
        from pytest_poet.session import PoetSession

        try:
            found = config.stash[_session] = PoetSession(config, read_options(config))
        except ConfigError as error:
            raise pytest.UsageError(str(error)) from None
    return found


def _is_xdist_controller(config: pytest.Config) -> bool:
    return bool(
        getattr(config.option, "dist", "no") not in ("no", None)
        and not hasattr(config, "workerinput")
    )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep calls from making versions; with xdist, regenerate before the workers start."""
    config = session.config
    from poet.settings import allow_making

    allow_making(False)
    wanted = config.getoption("poet_regenerate") and not config.option.collectonly
    if _active(config) and wanted and _is_xdist_controller(config):
        _regenerate_in_child(config)


def _regenerate_in_child(config: pytest.Config) -> None:
    import subprocess
    import tempfile

    folder = tempfile.mkdtemp(prefix="poet-regenerate-")
    path = Path(folder) / "report.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        *map(str, config.invocation_params.args),
        "-n0",
        "--junitxml=",
    ]
    subprocess.run(  # noqa: S603 - the command the user gave, without its workers
        command,
        cwd=config.invocation_params.dir,
        env={**os.environ, ONLY: str(path)},
        check=False,
    )
    try:
        _poet(config).absorb(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise pytest.UsageError(f"regenerating before the workers start failed: {error}") from None
    os.environ[RESULTS] = str(path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete what was handed to xdist's workers."""
    path = os.environ.get(RESULTS)
    if path and _is_xdist_controller(config):
        del os.environ[RESULTS]
        shutil.rmtree(Path(path).parent, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add one item for each decorated function that collection imported, and each active case."""
    if not _active(config) or "poet.handle" not in sys.modules:
        return
    from pytest_poet.items import CaseItem, PoetItem

    poet = _poet(config)
    poet.node_ids = tuple(i.nodeid for i in items)
    for handle in poet.handles():
        path, name = handle.target.path, handle.target.qualname
        shown = path.relative_to(config.rootpath) if path.is_relative_to(config.rootpath) else path
        item = PoetItem.from_parent(
            session,
            name=f"poet::{name}",
            nodeid=f"{shown.as_posix()}::poet::{name}",
            handle=handle,
            poet=poet,
        )
        items.append(item)
        for case, against in poet.cases(handle):
            items.append(
                CaseItem.from_parent(
                    session,
                    name=f"poet::{name}::{case}",
                    nodeid=f"{shown.as_posix()}::poet::{name}::{case}",
                    handle=handle,
                    poet=poet,
                    case=case,
                    against=against,
                )
            )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which cases are items of this run, once what is not to run was taken out."""
    if not _active(session.config) or _session not in session.config.stash:
        return
    from pytest_poet.items import CaseItem

    _poet(session.config).shown = {
        (item.handle.target.key, item.case)
        for item in session.items
        if isinstance(item, CaseItem) and not item.against
    }


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Regenerate, when asked to, before the first item runs."""
    config = session.config
    if not _active(config) or session.testsfailed or config.option.collectonly:
        return (yield)
    if config.getoption("poet_regenerate"):
        if hasattr(config, "workerinput"):
            _poet(config).absorb(json.loads(Path(os.environ[RESULTS]).read_text(encoding="utf-8")))
        elif not _is_xdist_controller(config):
            poet = _poet(config)
            poet.regenerate(list(session.items), _teller(config))
            if poet.results:
                _end_line(config)
            if ONLY in os.environ:
                poet.save(Path(os.environ[ONLY]))
                session.items.clear()
    return (yield)


def _teller(config: pytest.Config) -> Callable[[str, bool], None]:
    """Return what shows progress: on a terminal one line, rewritten; else the lines that last."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def tell(text: str, lasts: bool) -> None:
        if reporter is None:
            return
        line = "".join(c if c.isprintable() else " " for c in text.partition("\n")[0])
        if reporter.isatty:
            width = shutil.get_terminal_size().columns - 1  # a wrapped line cannot be rewritten
            reporter.rewrite(line[:width], erase=True)
        elif lasts:
            reporter.write_line(line)

    if reporter is not None:
        reporter.ensure_newline()
    return tell


def _end_line(config: pytest.Config) -> None:
    """Let what follows begin on a line of its own."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.isatty:
        reporter.write("\n")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take over from a worker of xdist what it verified."""
    if report.when == "call" and hasattr(report, "node"):  # xdist sets it on the controller's side
        found = dict(report.user_properties)
        if "poet" in found:
            key = (str(found["poet_path"]), str(found["poet_function"]))
            seconds = float(str(found["poet_seconds"]))
            state = (str(found["poet"]), str(found["poet_problem"]), seconds)
            _poet(report.node.config).states[key] = state


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report; a candidate that failed makes the run red."""
    config = session.config
    if not _active(config) or _session not in config.stash:
        return
    poet = _poet(config)
    path = config.getoption("poet_report")
    if path and not hasattr(config, "workerinput") and ONLY not in os.environ:
        poet.save(Path(path))
    failed = any(not r.good for r in poet.results.values()) or bool(poet.errors)
    if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what was verified and regenerated, and the one command that comes next."""
    if not _active(config) or _session not in config.stash:
        return
    poet = _poet(config)
    failed = bool(terminalreporter.stats.get("failed"))
    lines = poet.summary(failed, shutil.get_terminal_size().columns)
    if lines:
        terminalreporter.section("poet", sep="-")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def poet_project(tmp_path: Path) -> Project:
    """A project in a folder of its own: write files into it, run pytest or poet, look at the result."""
    from poet.testing import Project

    return Project(tmp_path)


@pytest.fixture
def poet_version() -> Callable[[Callable[..., Any]], str | None]:
    """Return a function that names the version a decorated function's calls run, None for the baseline."""

    def version(function: Callable[..., Any]) -> str | None:
        handle = function.poet  # type: ignore[attr-defined]  # a decorated function has it
        handle.refresh(handle.due)
        return handle.served.version  # type: ignore[no-any-return]

    return version
