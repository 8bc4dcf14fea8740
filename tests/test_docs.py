"""The README and the docs are promises: what they show is run here."""

from __future__ import annotations

import ast
import doctest
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from poet.gate.sandbox import missing_layers
from poet.testing import ModelServer, Project, answers

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_in_the_docs_is_python_and_its_doctests_hold(page: Path) -> None:
    """A reader would copy code that does not run."""
    for block in blocks(page, "python"):
        if ">>>" not in block:
            ast.parse(block.replace("    ...\n", "    pass\n"))
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_of_the_docs_lead_somewhere(page: Path) -> None:
    """A reader would follow a link to nothing."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_readme_shows_the_example_and_what_is_generated_from_it() -> None:
    """The first thing a newcomer reads would be an invented example."""
    from poet.registry import Found, found_in, spec_for
    from poet.spec import Options

    shown, generated = blocks(ROOT / "README.md", "python")
    module = ROOT / "examples" / "weather_drift" / "weather.py"
    assert shown in module.read_text(encoding="utf-8")
    found = next(
        f for f in found_in(module) if isinstance(f, Found) and f.qualname == "detect_drift"
    )
    assert found.options is not None
    spec, domain = spec_for(found.path, found.qualname, Options.parse(found.options, ""))
    lines = {line.strip() for line in domain.recipe(spec).source.splitlines()}
    claimed = [line.strip() for line in generated.splitlines() if line.strip() not in ("", "...")]
    assert [line for line in claimed if line not in lines] == []


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    """A newcomer who follows the tutorial would be stuck at a step."""
    page = ROOT / "docs" / "tutorial.md"
    module, test, *_ = blocks(page, "python")
    case = blocks(page, "json")[0]
    project = Project(tmp_path).write({"prices.py": module, "test_prices.py": test})
    made = project.pytest("--poet-regenerate")
    assert made.code == 0, made.out
    shown = blocks(page, "console")[0].splitlines()
    for line in (row.strip() for row in shown[3:]):
        assert line in made.out, f"the tutorial shows: {line}"
    names = {p.split("/", 2)[2] for p in project.files(".poet/fetch/**/*")}
    for name in re.findall(
        r"`((?:v1/)?[a-z]+(?:\.[a-z]+)?)`", page.read_text().split("## 3.")[1].split("Commit")[0]
    ):
        assert name in names, f"the tutorial lists {name}"
    project.write({".poet/fetch/cases/empty-url.json": case})
    verified = project.pytest("-q")
    assert verified.code == 0, verified.out
    project.write({".poet/fetch/cases/empty-url.json": case.replace("ValueError", "KeyError")})
    assert project.pytest("-q").code == 1


def test_models_page_tells_every_setting_and_its_default() -> None:
    """A limit on spending would be another than the page says, or a setting be hidden."""
    from poet.settings import Limits, Settings

    page = (ROOT / "docs" / "guides" / "models.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", page.split("## Settings")[1], re.MULTILINE)
    told = {n: text.strip("` ") for names, text in rows for n in re.findall(r"`(\w+)`", names)}
    assert set(told) == set(Settings._fields[Settings._fields.index("llm") :])
    defaults = {
        **{n: f"{v:g}" if isinstance(v, float) else v for n, v in Settings._field_defaults.items()},
        **dict.fromkeys(("model", "api_base"), "none"),
        **dict.fromkeys(("budget", "run_budget"), "above"),
        "price": "the provider's",
        "temperature": "the model's",
    }
    assert told == {name: str(defaults[name]) for name in told}
    for name in Limits._fields:
        row = re.search(rf"^\| `{name}` \| .+ \| (.+) \| (.+) \|$", page, re.MULTILINE)
        assert row, f"no row for {name}"
        shown = [float(text.replace(",", "")) for text in row.groups()]
        assert shown == [getattr(Settings().budget, name), getattr(Settings().run_budget, name)]


@pytest.mark.skipif(bool(missing_layers()), reason="; ".join(missing_layers()))
@pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed")
def test_the_models_page_works_as_written(tmp_path: Path) -> None:
    """A newcomer's own server would not be asked, or the recorded answer not be replayed."""
    page = ROOT / "docs" / "guides" / "models.md"
    table = next(block for block in blocks(page, "toml") if "127.0.0.1" in block)
    asks, replays = blocks(page, "console")
    assert "$ poet generate fetch --budget usd=0.20\n" in asks
    assert "$ pytest --poet-regenerate  " in replays
    body = '    """Fetch a title."""\n    return "-".join(title.lower().split())\n'
    project = Project(tmp_path).write(
        {
            "titles.py": f"from poet import poet\n\n\n@poet()\ndef fetch(title: str) -> str:\n{body}",
            "test_titles.py": "import titles\n\n\ndef test_fetch():\n"
            "    assert titles.fetch('Two  Words') == 'two-words'\n",
        }
    )
    better = "def fetch(title: str) -> str:\n    words = title.lower().split()\n    return '-'.join(words)\n"
    with ModelServer([answers.code(better)]) as server:
        settings = table.replace("http://127.0.0.1:8000/v1", server.url)
        project.write({"pyproject.toml": f'[project]\nname = "x"\nversion = "0"\n\n{settings}'})
        made = project.poet("generate", "fetch", "--budget", "usd=0.20", env={"OPENAI_API_KEY": ""})
        assert made.code == 0, made.out
        assert len(server.requests) == 1
    code = project.read(".poet/fetch/v1/code.py")
    assert "words = title" in code
    assert len(project.files(".poet/cassettes/*.json")) == 1
    shutil.rmtree(tmp_path / ".poet" / "fetch")
    replayed = project.pytest("--poet-regenerate")
    assert replayed.code == 0, replayed.out
    assert project.read(".poet/fetch/v1/code.py") == code


def test_ci_page_lists_every_option_of_the_plugin(tmp_path: Path) -> None:
    """An option would exist that nobody can find."""
    helped = Project(tmp_path).pytest("--help").out
    options = set(re.findall(r"--(?:no-)?poet[a-z-]*", helped))
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert {o for o in options if o not in page} == set()


def test_the_feedback_page_works_as_written(tmp_path: Path) -> None:
    """A team would record, say and learn as the page says, and nothing would come of it."""
    page = ROOT / "docs" / "feedback.md"
    module = blocks(page, "python")[0]
    project = Project(tmp_path).write(
        {
            "pyproject.toml": '[project]\nname = "x"\nversion = "0"\n',
            "prices.py": module,
            "service.py": "import polars as pl\nimport poet\nfrom prices import detect_drift\n"
            "past = pl.Series([n % 30 for n in range(400)])\n"
            "print(detect_drift(past + 9, past)['drift_detected'], poet.last_execution().id)\n",
            "test_prices.py": "import polars as pl\nimport prices\n\n\ndef test_same():\n"
            "    past = pl.Series(range(100))\n"
            "    assert not prices.detect_drift(past, past)['drift_detected']\n",
        }
    )
    assert project.poet("generate", "detect_drift").code == 0
    alarm, name = project.python("import service").out.split()
    assert alarm == "True"
    for source in ("ann", "bob"):
        said = project.poet("feedback", name, "--false-alarm", "--source", source)
        assert said.code == 0, said.out
    suggest = ("--function", "detect_drift", "--suggest", "need KL for categorical features")
    assert project.poet("feedback", *suggest).code == 0
    learnt = project.poet("learn")
    assert learnt.code == 0, learnt.out
    assert "v1 -> v2" in learnt.out
    (listed,) = project.poet("cases", "list").out.splitlines()
    assert listed.split()[0] in ("active", "proposed")
    case = listed.split()[2]
    assert case.startswith("reviewed-as-a-false-alarm-")
    shown = project.poet("cases", "show", "detect_drift", case)
    assert shown.code == 0, shown.out
    retired = project.poet("cases", "retire", "detect_drift", case, "--why", "a new price list")
    assert retired.code == 0, retired.out
    by_hand = blocks(page, "json")[0]
    project.write({".poet/detect_drift/cases/empty.json": by_hand})
    verified = project.pytest("-v")
    assert verified.code == 0, verified.out
    assert "detect_drift::empty" in verified.out
    assert project.poet("rollback", "detect_drift").code == 0
    assert project.read(".poet/detect_drift/current").strip() == "v1"
