"""The options of a run. This module is light: it is imported at the start of every pytest run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

__all__ = ["PoetOptions", "add_options", "read_options"]

SCOPES = ("missing", "stale", "all")
FAIL_ON = ("missing", "stale", "damaged")
LLM = ("off", "replay", "live")
# Options and ini keys of the same words as keys of [tool.poet].
SETTINGS = ("llm", "model", "candidates", "budget", "run_budget")


class PoetOptions(NamedTuple):
    """The run's options, from the command line or the ini file.

    Attributes:
        regenerate: Make versions before the tests run.
        scope: ``missing``; ``stale`` (and missing); ``all``.
        select: Glob over ``module.function`` and ``function``; empty for all.
        full: Repeat the recorded evidence.
        fail_on: States that make the run red.
        packages: Folders besides the rootdir whose functions count.
        settings: What was said of models, by the key of ``[tool.poet]``.
    """

    regenerate: bool
    scope: str
    select: str
    full: bool
    fail_on: tuple[str, ...]
    packages: tuple[Path, ...]
    settings: Mapping[str, str] = {}


def add_options(parser: pytest.Parser) -> None:
    """Add the options and ini keys, all of them beginning with ``poet``."""
    group = parser.getgroup("poet", "POET: verified versions of @poet functions")
    add = group.addoption
    add("--poet-regenerate", action="store_true", help="make versions before the tests run")
    add("--poet-scope", choices=("missing", "stale", "all"), default=None,
        help="what --poet-regenerate makes: missing; stale and missing (default); all")  # fmt: skip
    add("--poet-select", metavar="GLOB", default="", help="only functions of that name")
    add("--poet-verify", choices=("quick", "full"), default=None,
        help="full repeats the recorded evidence of each version (default: quick)")  # fmt: skip
    add("--poet-fail-on", metavar="STATES", default=None,
        help="states that make the run red: missing,stale,damaged (default: stale,damaged)")  # fmt: skip
    add("--poet-report", metavar="PATH", default=None, help="write a JSON report")
    add("--poet-llm", choices=LLM, default=None,
        help="off: recipes only; replay: recorded answers of models only; live: ask the model for "
        "what is not recorded (default: replay, and recipes where no model is named)")  # fmt: skip
    add("--poet-model", metavar="NAME", default=None, help="the model, such as openai/gpt-5")
    add("--poet-candidates", metavar="N", default=None, help="candidates sought side by side")
    add("--poet-budget", metavar="LIMITS", default=None,
        help="what one function may use, such as usd=0.5,calls=10 (also tokens, seconds)")  # fmt: skip
    add("--poet-run-budget", metavar="LIMITS", default=None, help="what the whole run may use")
    add("--no-poet", action="store_true", help="no items for stored versions")
    parser.addini("poet_scope", "as --poet-scope", default="stale")
    parser.addini("poet_verify", "as --poet-verify", default="quick")
    parser.addini("poet_fail_on", "as --poet-fail-on", default="stale,damaged")
    for name in SETTINGS:
        parser.addini(f"poet_{name}", f"as --poet-{name.replace('_', '-')}", default="")
    parser.addini(
        "poet_packages", "folders besides rootdir whose functions count", type="paths", default=[]
    )


def read_options(config: pytest.Config) -> PoetOptions:
    """Return the run's options.

    Raises:
        pytest.UsageError: A word that is not one of those an option takes.
    """

    def value(name: str, allowed: tuple[str, ...]) -> str:
        found = config.getoption(f"poet_{name}") or str(config.getini(f"poet_{name}"))
        for word in filter(None, (w.strip() for w in found.split(","))):
            if word not in allowed:
                raise pytest.UsageError(f"poet_{name}: {word!r} is not one of {', '.join(allowed)}")
        return found

    fail_on = tuple(w.strip() for w in value("fail_on", FAIL_ON).split(",") if w.strip())
    return PoetOptions(
        regenerate=config.getoption("poet_regenerate"),
        scope=value("scope", SCOPES),
        select=config.getoption("poet_select"),
        full=value("verify", ("quick", "full")) == "full",
        fail_on=fail_on,
        packages=tuple(config.getini("poet_packages")),
        settings=_settings(config, value("llm", LLM)),
    )


def _settings(config: pytest.Config, llm: str) -> dict[str, str]:
    """Return what was said of models, checked as the settings of the project are."""
    given = {n: config.getoption(f"poet_{n}") or str(config.getini(f"poet_{n}")) for n in SETTINGS}
    found = {n: text for n, text in {**given, "llm": llm}.items() if text}
    if found:
        from poet.errors import ConfigError
        from poet.settings import load_settings

        load = partial(load_settings, config.rootpath)
        for name, text in found.items():
            try:
                load({name: text})
            except ConfigError as error:
                raise pytest.UsageError(f"poet_{name}: {error}") from None
    return found
