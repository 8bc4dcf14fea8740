"""Commands of plugins: real distributions that bring subcommands of ``poet``."""

# ruff: noqa: E501
from __future__ import annotations

import re

import pytest
from test_plugin_loading import install

from poet.cli._commands import cli
from poet.plugins import COMMANDS
from poet.testing import Project

PLUGIN = """
from poet.hookspecs import hookimpl

@hookimpl
def poet_register_commands(register):
    register("weigh", "Weigh what is given.", "poet_plugin_scales.tool:weigh")
    register("sunk", "Cannot be imported.", "poet_plugin_scales.sunk:command")
    register("quitting", "Ends the interpreter at import.", "poet_plugin_scales.quitting:command")
    register("odd", "Is no command.", "poet_plugin_scales.tool:ODD")
"""
TOOL = '''
"""Loaded only when weigh is run."""
import click
from poet.errors import StatsInputError

print("tool is imported")
ODD = 3

@click.command(help="Weigh THING, with care.")
@click.argument("thing")
@click.option("--exit", "code", type=int, default=0)
@click.pass_context
def weigh(context, thing, code):
    if thing == "air":
        raise StatsInputError("air has no weight", where="THING", hint="weigh a stone")
    print("weighed", thing)
    context.exit(code)
'''


@pytest.fixture(scope="module")
def scales(tmp_path_factory):
    """The environment in which a plugin with four commands is installed."""
    folder = tmp_path_factory.mktemp("scales")
    env = install(folder, "scales", PLUGIN)
    package = folder / "site" / "poet_plugin_scales"
    (package / "tool.py").write_text(TOOL)
    (package / "sunk.py").write_text("import nowhere_to_be_found\n")
    (package / "quitting.py").write_text("raise SystemExit(0)\n")
    return env


def test_help_lists_and_imports_nothing(scales, tmp_path):
    """`poet --help` would be slow, or end, for what a command of a plugin imports."""
    done = Project(tmp_path).poet("--help", env=scales)
    assert done.code == 0, done.out
    assert re.search(r"\n  weigh +Weigh what is given\.\n", done.out)
    assert re.search(r"\n  status +Show each function", done.out)
    assert "tool is imported" not in done.out


def test_run_passes_arguments_help_and_exit_status(scales, tmp_path):
    """A plugin's command would not get its arguments, or a script its exit status."""
    project = Project(tmp_path)
    done = project.poet("weigh", "stone", "--exit", "10", env=scales)
    assert done.code == 10, done.out
    assert "weighed stone" in done.out
    done = project.poet("weigh", "--help", env=scales)
    assert done.code == 0
    assert "Usage: poet weigh [OPTIONS] THING" in done.out
    assert "Weigh THING, with care." in done.out
    done = project.poet("weigh", env=scales)
    assert done.code == 2
    assert "Missing argument 'THING'" in done.out


def test_error_of_poet_is_shown_as_text(scales, tmp_path):
    """A user would read a traceback where the message says what to do."""
    done = Project(tmp_path).poet("weigh", "air", env=scales)
    assert done.code == 1
    assert "[POET801] air has no weight\n  where: THING\n  next:  weigh a stone" in done.out
    assert "Traceback" not in done.out


@pytest.mark.parametrize(("name", "why"), [
    ("sunk", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    ("quitting", "SystemExit: 0"),
    ("odd", "3 is no click.Command"),
])  # fmt: skip
def test_broken_command_says_so_and_breaks_no_other(scales, tmp_path, name, why):
    """One broken command of a plugin would take `poet` down, or end as if it had worked."""
    project = Project(tmp_path)
    done = project.poet(name, env=scales)
    assert done.code == 1, done.out
    assert f"[POET601] the command {name!r} is broken: {why}" in done.out
    assert "plugin 'scales', poet_plugin_scales." in done.out
    assert "Traceback" not in done.out
    assert project.poet("weigh", "stone", env=scales).code == 0
    assert project.poet("status", env=scales).code == 0


def test_unknown_command_names_the_nearest(scales, tmp_path):
    """A slip of the finger would leave the user to search the list."""
    done = Project(tmp_path).poet("wiegh", env=scales)
    assert done.code == 2
    assert "No such command 'wiegh', did you mean 'weigh'?" in done.out


REFUSED = {
    "taken": ('"status", "s", "m:c"', "a command cannot be called 'status': that is one of POET's own"),
    "later": ('"learn", "s", "m:c"', "a command cannot be called 'learn': that is one of POET's own"),
    "shouting": ('"WEIGH", "s", "m:c"', "use small letters, digits, - and _"),
    "nowhere": ('"weigh", "s", "m.c"', "the target is 'm.c', not package.module:attribute"),
    "silent": ('"weigh", "", "m:c"', "a command whose summary is ''"),
    "numeric": ('"weigh", "s", 3', "a command whose target is 3"),
    "zsecond": ('"again", "s", "m:c"); register("again", "s", "m:d"', "a command named 'again' is registered already"),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    for name, (arguments, _) in REFUSED.items():
        text = f"from poet.hookspecs import hookimpl\n@hookimpl\ndef poet_register_commands(register):\n    register({arguments})\n"
        env = install(folder, name, text)
    return env


def test_wrong_registrations_are_refused_by_name(refused, tmp_path):
    """A plugin could replace one of POET's own commands, or its mistake would show as a traceback."""
    project = Project(tmp_path)
    done = project.poet("plugins", env=refused)
    assert done.code == 0
    for name, (_, reason) in REFUSED.items():
        (line,) = [line for line in done.out.splitlines() if re.match(rf"broken +{name} \(", line)]
        assert reason in line
    assert "no @poet functions here" in project.poet("status", env=refused).out
    done = project.poet("weigh", env=refused)
    assert done.code == 2
    assert "Broken plugins: later, nowhere, numeric" in done.out


def test_strict_plugins_still_leave_help_and_own_commands(refused, tmp_path):
    """With strict plugins on, one broken package would leave no way to find out which."""
    project, env = Project(tmp_path), {**refused, "POET_STRICT_PLUGINS": "1"}
    done = project.poet("--help", env=env)
    assert done.code == 0
    assert "status" in done.out
    assert "[POET601] plugin 'later'" in done.out
    done = project.poet("weigh", env=env)
    assert done.code == 2
    assert "Plugins could not be asked:\n[POET601] plugin 'later'" in done.out


def test_no_plugin_can_take_a_name_of_ours():
    """A command added to POET would be one that a plugin may shadow."""
    import poet.cli._approve
    import poet.cli._doctor
    import poet.cli._generate
    import poet.cli._prompt
    import poet.cli._submit  # noqa: F401

    assert set(cli.commands) <= COMMANDS
