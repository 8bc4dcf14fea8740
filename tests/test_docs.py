"""The README and the docs are promises: what they show is run here."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path

import pytest

from poet.testing import Project

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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


def test_ci_page_lists_every_option_of_the_plugin(tmp_path: Path) -> None:
    """An option would exist that nobody can find."""
    helped = Project(tmp_path).pytest("--help").out
    options = set(re.findall(r"--(?:no-)?poet[a-z-]*", helped))
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert {o for o in options if o not in page} == set()
