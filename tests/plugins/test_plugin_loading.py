"""Plugins as real distributions: found by their entry point, and each broken on its own."""

# ruff: noqa: E501
from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from poet.testing import Project

TOY = '''
from poet.domain import CallCheck, ConfigKey, Domain, Recipe
from poet.hookspecs import hookimpl


def recipe(spec):
    source = f'"""Doubled."""\\n\\nfrom poet.runtime import baseline\\n\\n\\ndef {spec.name}(x):\\n    return baseline(x)\\n'
    return Recipe("doubling", source, {}, ["a note of the toy"])


def checks(spec):
    return [CallCheck("toy.two", [2], {}, lambda o: None if o.value == 4 else f"expected 4, got {o.value}")]


DOMAIN = Domain("NAME", "a toy", "1.2", 1, "preserve", recipe, checks, config={"size": ConfigKey(1, "how large")})


@hookimpl
def poet_register_domains(register):
    register(DOMAIN)


@hookimpl
def poet_version_promoted(function, version):
    print("told:", function, version)
'''
APP = """
from poet import poet

@poet(domain="toy", config={"size": 2})
def twice(x):
    return x * 2

@poet()
def plain(x: int) -> int:
    return x
"""


def install(folder, name, text):
    """Build a distribution and install it into ``folder``."""
    source = folder / f"src-{name}"
    source.mkdir()
    Project(source).write({
        "pyproject.toml": f"""
            [build-system]
            requires = ["hatchling"]
            build-backend = "hatchling.build"
            [project]
            name = "poet-plugin-{name}"
            version = "1.2"
            [project.entry-points.poet]
            {name} = "poet_plugin_{name}"
        """,
        f"poet_plugin_{name}/__init__.py": text,
    })  # fmt: skip
    target = folder / "site"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-build-isolation",
               "--no-deps", "--python", sys.executable, "--target", str(target), str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {"PYTHONPATH": str(target)}


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The environment in which the toy domain is installed."""
    return install(tmp_path_factory.mktemp("toy"), "toy", TOY.replace("NAME", "toy"))


def test_third_party_domain_is_used(toy, tmp_path):
    """A domain package of somebody else would not be found, or be second to ours."""
    project = Project(tmp_path).write({"app.py": APP})
    assert re.search(r"ok +toy \(poet-plugin-toy 1\.2\)", project.poet("plugins", env=toy).out)
    assert (
        "toy 1.2: a toy (mode preserve)\n  config size=1: how large"
        in project.poet("domains", env=toy).out
    )
    done = project.poet("generate", "twice", env=toy)
    assert done.code == 0, done.out
    assert "recipe/toy/doubling, 9/9 checks" in done.out
    assert "a note of the toy" in done.out
    assert "told: twice v1" in done.out
    done = project.python("import app; print(app.twice(3), app.twice.poet.served.version)", env=toy)
    assert done.out.endswith("6 v1\n")
    done = project.poet("generate", "twice")
    assert done.code == 1
    assert "no domain 'toy'" in done.out


BROKEN = {
    "raising": ("1 / 0", "ZeroDivisionError"),
    "exiting": ("raise SystemExit(3)", "SystemExit"),
    "misspelt": (
        "from poet.hookspecs import hookimpl\n@hookimpl\ndef poet_register_domain(register):\n    pass\n",
        "no hook 'poet_register_domain', did you mean 'poet_register_domains'?",
    ),
    "unmarked": ("def poet_register_domains(register):\n    pass\n", "poet_register_domains lacks @hookimpl"),
    "wrongkind": (
        "from poet.hookspecs import hookimpl\n@hookimpl\ndef poet_register_domains(register):\n    register('toy')\n",
        "register was given 'toy', which is no poet.domain.Domain",
    ),
    "wrongargs": (
        "from poet.hookspecs import hookimpl\n@hookimpl\ndef poet_register_domains(wrong):\n    pass\n",
        "wrong",
    ),
    "zsecond": (TOY.replace("NAME", "base"), "a domain named 'base' is registered already"),
}  # fmt: skip


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The environment in which every broken plugin is installed beside the working ones."""
    folder = tmp_path_factory.mktemp("broken")
    for name, (text, _) in BROKEN.items():
        found = install(folder, name, text)
    return found


def test_broken_plugins_are_listed_and_the_host_works(broken, tmp_path):
    """One broken package on the machine would stop every program that uses POET."""
    project = Project(tmp_path).write(
        {"app.py": APP.replace('domain="toy", config={"size": 2}', "")}
    )
    done = project.poet("plugins", env=broken)
    assert done.code == 0, done.out
    for name, (_, reason) in BROKEN.items():
        (line,) = [line for line in done.out.splitlines() if re.match(rf"broken +{name} \(", line)]
        assert reason in line
        assert f"poet-plugin-{name} 1.2" in line
    assert re.search(r"ok +base \(", done.out)
    done = project.python("import app; print(app.plain(3))", env={**broken, "POET_EVENTS": "0"})
    assert done.code == 0
    assert done.out.endswith("3\n")
    for name in BROKEN:
        assert (
            f"PoetWarning: plugin '{name}' of poet-plugin-{name} 1.2 is broken and left out"
            in done.out
        )


def test_strict_plugins_raise(broken, tmp_path):
    """A deployment that wants to know could not be told."""
    project = Project(tmp_path).write({"app.py": APP})
    done = project.poet("plugins", env={**broken, "POET_STRICT_PLUGINS": "1"})
    assert done.code == 1
    assert "[POET601] plugin 'exiting' of poet-plugin-exiting 1.2 is broken" in done.out
    assert "POET_DISABLED_PLUGINS=exiting" in done.out
    done = project.python("import app", env={**broken, "POET_STRICT_PLUGINS": "1"})
    assert done.code == 1
    assert "PluginError" in done.out


def test_disabled_plugins_are_not_imported(broken, tmp_path):
    """A user could not work on while a plugin is broken."""
    project = Project(tmp_path)
    names = ",".join(BROKEN)
    strict = {**broken, "POET_STRICT_PLUGINS": "1", "POET_DISABLED_PLUGINS": names}
    done = project.poet("plugins", env=strict)
    assert done.code == 0, done.out
    assert len(re.findall(r"^disabled ", done.out, re.MULTILINE)) == len(BROKEN)
    done = project.poet("plugins", env={**broken, "POET_DISABLED_PLUGINS": "base"})
    assert "ok        zsecond" in done.out


def test_unknown_domain_names_broken_plugins(broken, tmp_path):
    """A user would not see that the domain is missing because its package is broken."""
    project = Project(tmp_path).write({"app.py": APP})
    done = project.python("import app", env=broken)
    assert done.code == 1
    assert "UnknownDomainError" in done.out
    assert "broken plugins: exiting, misspelt" in done.out


def test_no_environment_leaks():
    """These tests would pass or fail by what is installed beside them."""
    assert "PYTHONPATH" not in os.environ or "site" not in os.environ["PYTHONPATH"]
