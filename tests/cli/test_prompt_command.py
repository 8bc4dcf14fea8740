"""``poet prompt``: what a model would be asked, for any tool that can write code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from poet.generate.prompt import estimate_tokens
from poet.testing import Project

SHOP = '''
from poet import poet


@poet()
def double(x: int) -> int:
    """Twice the number."""
    return x + x
'''
TEST = "from shop import double\n\n\ndef test_double():\n    assert double(3) == 6\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write({"shop.py": SHOP, "test_shop.py": TEST})


def poet(project: Project, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "poet", *arguments], cwd=project.folder, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_prompt_alone_is_on_standard_output(project: Project) -> None:
    """`poet prompt f > p.md` would hold lines that are no part of the question."""
    code, out, err = poet(project, "prompt", "double")
    assert code == 0, err
    assert out.startswith("You write production Python")
    assert "# Write `double`" in out
    assert out.rstrip().endswith("a value that only the tests hold is refused.")
    assert "assert double(3) == 6" in out
    assert "tokens" in err
    assert "fingerprint" in err
    assert "poet submit double candidate.py" in err


def test_json_holds_messages_fingerprint_and_estimate(project: Project) -> None:
    """A program could not tell the system text from the question, nor what a call may cost."""
    code, out, err = poet(project, "prompt", "double", "--json", "--no-tests")
    assert code == 0, err
    found = json.loads(out)
    assert [m["role"] for m in found["messages"]] == ["system", "user"]
    assert found["tokens"] == sum(estimate_tokens(m["content"]) for m in found["messages"])
    assert len(found["fingerprint"]) == 64
    assert found["next"] == "poet submit double candidate.py"
    assert "test_double" not in out


def test_it_leaves_no_trace_and_asks_nobody(project: Project) -> None:
    """Looking at a question would change the store, or cost money."""
    before = project.files()
    assert poet(project, "prompt", "double", "--no-tests")[0] == 0
    assert [n for n in project.files() if "__pycache__" not in n] == before


def test_an_answer_to_it_is_taken_by_submit(project: Project) -> None:
    """The road by hand, prompt and submit, would not meet."""
    code, out, _ = poet(project, "prompt", "double")
    assert code == 0
    assert "def double(x: int) -> int:" in out
    project.write(
        {"candidate.py": '"""Twice."""\n\n\ndef double(x: int) -> int:\n    return 2 * x\n'}
    )
    code, out, err = poet(project, "submit", "double", "candidate.py")
    assert code == 0, out + err
    assert "v1" in out


def test_an_unknown_function_is_one_clear_line(project: Project) -> None:
    """The user would read a traceback for a typing error."""
    code, out, err = poet(project, "prompt", "duoble")
    assert code == 1
    assert out == ""
    assert "no @poet function 'duoble'" in err
    assert "double" in err
