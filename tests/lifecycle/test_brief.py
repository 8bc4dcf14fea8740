"""The facts of a prompt, gathered from a real project: what is shown, and what is kept back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poet.codec import decode
from poet.gate import function_of, hidden
from poet.lifecycle import enhance, prompt_for
from poet.plugins import find_tests
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

SHOP = '''
from poet import poet


@poet()
def double(x: int) -> int:
    """Twice the number."""
    return x + x
'''
TESTS = "import pytest\nfrom shop import double\n\nUNUSED = 'never shown'\n\n\n" + "\n\n\n".join(
    f"def helper{n}():\n    return {n}00{n}\n\n\n"
    f"@pytest.mark.parametrize('x', [{n}, 7{n}])\n"
    f"def test_number{n}(x):\n    assert double(x) == 2 * x or helper{n}()"
    for n in range(6)
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "shop").write({"shop.py": SHOP, "test_shop.py": TESTS})


def case(n: int, status: str = "active", why: str = "") -> str:
    return json.dumps(
        {"status": status, "args": [70_000 + n], "expect": {"equals": 140_000 + 2 * n}, "why": why}
    )


def test_visible_tests_are_shown_and_hidden_ones_are_nowhere(project: Project) -> None:
    """A model would see the tests that are kept back to judge it."""
    path = project.folder / "shop.py"
    options = Options()
    evidence = find_tests(path, "double", options)
    assert evidence is not None
    text = prompt_for(path, "double", options, tests=evidence).user
    spec = spec_for(path, "double", options)[0]
    names = [f"test_shop.py::test_number{n}[{x}]" for n in range(6) for x in (n, f"7{n}")]
    back = {function_of(n) for n in hidden(spec, names)}
    assert len(back) == 2
    for n in range(6):
        shown = f"test_shop.py::test_number{n}" not in back
        assert (f"def test_number{n}(" in text) is shown
        assert (f"return {n}00{n}" in text) is shown, "nor is what only a hidden test uses"
    assert "never shown" not in text
    assert "@pytest.mark.parametrize" in text


def test_recorded_arguments_know_the_tests_that_gave_them(project: Project) -> None:
    """A failure on the arguments of a hidden test would show them."""
    evidence: Any = find_tests(project.folder / "shop.py", "double", Options())
    by = dict(
        zip([decode(a)[0] for a, _ in evidence.recorded()], evidence.recorded_by(), strict=True)
    )
    assert by[3] == ("test_shop.py::test_number3[3]",)
    assert set(by) == {*range(6), *range(70, 76)}


def test_cases_are_shown_as_json_a_third_of_them_not_at_all(project: Project) -> None:
    """A model would see the cases that are kept back, or none of what production taught."""
    files = {f".poet/double/cases/c{n}.json": case(n, why=f"why {n}\nit was") for n in range(6)}
    files[".poet/double/cases/odd.json"] = case(99, "proposed")
    files[".poet/double/cases/old.json"] = case(98, "retired")
    project.write(files)
    path = project.folder / "shop.py"
    text = prompt_for(path, "double", Options()).user
    spec = spec_for(path, "double", Options())[0]
    back = hidden(spec, [f"case:c{n}" for n in range(6)])
    assert len(back) == 2
    for n in range(6):
        shown = f"case:c{n}" not in back
        assert (f'"args": [7000{n}]' in text) is shown
        assert (f"case `c{n}`: why {n} it was" in text) is shown
    assert "70099" not in text
    assert "70098" not in text


def test_large_cases_say_so_instead_of_filling_the_prompt(project: Project) -> None:
    """One case of production data would cost the budget."""
    rows = [{"row": n} for n in range(3000)]
    large = {"status": "active", "args": [rows], "expect": {"raises": "TypeError"}}
    project.write({".poet/double/cases/large.json": json.dumps(large)})
    made = prompt_for(project.folder / "shop.py", "double", Options())
    assert '"args": "too large to be shown"' in made.user
    assert '"raises": "TypeError"' in made.user
    assert "8999" not in made.user


def test_the_current_version_is_shown_with_its_state(project: Project) -> None:
    """A model would begin anew where a good version needs a small change."""
    path = project.folder / "shop.py"
    assert "The version there is" not in prompt_for(path, "double", Options()).user
    assert enhance(path, "double", Options()).good
    fresh = prompt_for(path, "double", Options()).user
    assert "Made by `recipe/base/" in fresh
    assert ", fresh:" in fresh
    assert "# fingerprint:" not in fresh, "its header is no part of what a model writes"
    project.write({"shop.py": SHOP.replace("x + x", "x * 2")})
    assert ", stale:" in prompt_for(path, "double", Options()).user


def test_no_folder_of_the_machine_stands_in_a_prompt(project: Project) -> None:
    """Names of users and folders would be sent to a model, and no other machine find its answer."""
    path = project.folder / "shop.py"
    enhance(path, "double", Options())
    evidence = find_tests(path, "double", Options())
    made = prompt_for(path, "double", Options(), tests=evidence)
    for folder in (project.folder, Path.home(), Path.cwd()):
        assert f"{folder}/" not in made.user + made.system


def test_two_machines_make_the_same_prompt(project: Project, tmp_path: Path) -> None:
    """A recorded answer would be found on one machine and not on another."""
    project.write({f".poet/double/cases/c{n}.json": case(n) for n in range(4)})
    other = Project(tmp_path / "elsewhere").write(
        {name: project.read(name) for name in project.files() if not name.startswith(".poet/home")}
    )
    printed = [
        place.python(
            "import sys\nfrom poet.cli import main\n"
            "sys.argv = ['poet', 'prompt', 'double', '--json']\nmain()",
            env={"PYTHONHASHSEED": seed, "HOME": home},
        )
        for place, seed, home in ((project, "1", "/tmp"), (other, "2", str(tmp_path)))
    ]
    assert all(p.code == 0 for p in printed), printed[0].out
    assert printed[0].out == printed[1].out
    assert "test_number" in printed[0].out


def test_a_long_column_is_told_by_its_length(project: Project) -> None:
    """A model would learn nothing of the data that a case holds, or get all of it."""
    large = {"status": "active", "args": [list(range(9000))], "expect": {"raises": "TypeError"}}
    project.write({".poet/double/cases/large.json": json.dumps(large)})
    made = prompt_for(project.folder / "shop.py", "double", Options())
    assert "9,000 rows of values: Int64" in made.user
    assert '"raises": "TypeError"' in made.user
    assert "8999" not in made.user
