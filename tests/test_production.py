"""What a deployment relies on: read-only checkouts, locked mode, wheels that carry their versions."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from poet.testing import Done, Project

APP = """
    from poet import poet
    import helpers

    @poet()
    def double(x: int) -> int:
        return helpers.twice(x)
"""
HELPERS = "def twice(x):\n    return 2 * x\n"
TESTS = """
    import app

    def test_double():
        assert app.double(4) == 8
"""
CALL = """
    import app, poet, warnings
    from poet.events import dropped
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        values = [app.double(n) for n in range(5)]
    print("values", values)
    print("version", app.double.poet.served.version, app.double.poet.served.state)
    print("dropped", dropped(), "warned", len([w for w in seen if "dropped" in str(w.message)]))
"""


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with v1 of one function."""
    project = Project(tmp_path_factory.mktemp("app"))
    project.write({"app.py": APP, "helpers.py": HELPERS, "test_app.py": TESTS})
    done = project.pytest("--poet-regenerate", "-q", "-p", "no:cacheprovider")
    assert done.code == 0, done.out
    shutil.rmtree(project.folder / ".poet" / "home", ignore_errors=True)
    return project


def read_only(folder: Path) -> Callable[[Project, str, dict[str, str]], Done]:
    """Return what runs Python code in a project while ``folder`` cannot be written."""

    def run(project: Project, code: str, env: dict[str, str]) -> Done:
        from textwrap import dedent

        python = [sys.executable, "-c", dedent(code)]
        if os.geteuid() != 0:
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o555 if path.is_dir() else 0o444)
            return project.run(*python, env=env)
        if shutil.which("unshare") is None:
            pytest.skip(
                "root ignores file modes, and there is no unshare to mount a folder read-only"
            )
        mount = f"mount --bind {shlex.quote(str(folder))} {shlex.quote(str(folder))}"
        mount += f" && mount -o remount,ro,bind {shlex.quote(str(folder))}"
        script = f"{mount} && cd {shlex.quote(str(project.folder))} && exec {shlex.join(python)}"
        done = project.run("unshare", "--mount", "sh", "-c", script, env=env)
        if "unshare failed" in done.out or "permission denied" in done.out.lower():
            pytest.skip("this machine does not let root mount a folder read-only")
        return done

    return run


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_size)
        for p in folder.rglob("*")
    }


def test_locked_mode_writes_nothing_inside_a_checkout(promoted: Project, tmp_path: Path) -> None:
    """A deployment's checkout would be changed by the calls it serves."""
    before = state_of(promoted.folder)
    env = {"POET_MODE": "locked", "XDG_STATE_HOME": str(tmp_path / "state")}
    done = promoted.python(CALL, env=env)
    assert "values [0, 2, 4, 6, 8]" in done.out
    assert "version v1 fresh" in done.out
    assert state_of(promoted.folder) == before
    assert list((tmp_path / "state").rglob("*.jsonl")), "events go to the user's state folder"


def test_read_only_checkout_serves_and_drops_events_with_one_warning(promoted: Project) -> None:
    """A container with a read-only file system would fail at the first call, or warn at each."""
    before = state_of(promoted.folder)
    env = {"POET_MODE": "locked", "POET_HOME": str(promoted.folder / "home")}
    done = read_only(promoted.folder)(promoted, CALL, env)
    assert "values [0, 2, 4, 6, 8]" in done.out, done.out
    assert "version v1 fresh" in done.out
    assert "dropped 5 warned 1" in done.out
    assert state_of(promoted.folder) == before


def test_locked_mode_without_a_version_runs_the_baseline(tmp_path: Path) -> None:
    """A deployment that forgot .poet/ would stop working, or quietly generate code in production."""
    project = Project(tmp_path / "bare").write({"app.py": APP, "helpers.py": HELPERS})
    env = {"POET_MODE": "locked", "XDG_STATE_HOME": str(tmp_path / "state")}
    done = project.python("import app; print(app.double(4))", env=env)
    assert "8" in done.out.splitlines()
    assert "is missing" in done.out
    assert "pytest --poet-regenerate" in done.out
    assert not (project.folder / ".poet").exists()
    strict = project.python("import app; app.double(4)", env={**env, "POET_STRICT": "1"})
    assert strict.code == 1
    assert "POET401" in strict.out


@pytest.mark.parametrize("backend", ["hatchling", "setuptools"])
def test_wheel_serves_its_versions_read_only(
    promoted: Project, tmp_path: Path, backend: str
) -> None:
    """A wheel that was tested with v1 would run the baseline where it is installed."""
    source = Project(tmp_path / "source")
    package = source.folder / "shop"
    source.write(
        {
            "shop/__init__.py": "",
            "shop/app.py": APP.replace("import helpers", "from shop import helpers"),
            "shop/helpers.py": HELPERS,
            "test_shop.py": TESTS.replace("import app", "from shop import app"),
        }
    )
    extra = {
        "hatchling": '[tool.hatch.build.targets.wheel]\npackages = ["shop"]\n',
        "setuptools": '[tool.setuptools]\npackages = ["shop"]\n'
        '[tool.setuptools.package-data]\nshop = [".poet/**"]\n',
    }[backend]
    backends = {"hatchling": "hatchling.build", "setuptools": "setuptools.build_meta"}
    (source.folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{backends[backend]}"\n'
        f'[project]\nname = "shop"\nversion = "1"\n{extra}'
    )
    done = source.pytest("--poet-regenerate", "-q", "-p", "no:cacheprovider")
    assert done.code == 0, done.out
    assert (package / ".poet" / "double" / "v1" / "code.py").is_file()

    site = tmp_path / "site-packages"
    uv = [sys.executable, "-m", "uv"]
    dist = str(tmp_path / "dist")
    build = [*uv, "build", "-q", "--wheel", "--no-build-isolation", "-o", dist, str(source.folder)]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    wheel = next((tmp_path / "dist").glob("*.whl"))
    subprocess.run(
        [*uv, "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)], check=True
    )
    elsewhere = Project(tmp_path / "run")
    env = {"PYTHONPATH": str(site), "POET_MODE": "locked", "POET_HOME": str(site / "home")}
    code = CALL.replace("import app, poet", "from shop import app\n    import poet")
    done = read_only(site)(elsewhere, code, env)
    assert "values [0, 2, 4, 6, 8]" in done.out, done.out
    assert "version v1 fresh" in done.out
