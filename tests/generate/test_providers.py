"""Code from outside becomes a candidate: under POET's header, and no other."""

from __future__ import annotations

import pytest

from poet.generate.providers import Candidate, submitted, without_header, written
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options

CODE = "def half(x: int) -> float:\n    # generator: stays\n    return x / 2\n"
POSED = """\
#
# half of halves.py, generated: change the function, not this file.
# Generator:   recipe/base/guarded_call
#fingerprint : 000
# by hand
"""


@pytest.fixture
def spec(tmp_path) -> FunctionSpec:
    path = tmp_path / "halves.py"
    path.write_text(f"from poet import poet\n\n\n@poet()\n{CODE}")
    return spec_for(path, "half", Options())[0]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_of_its_own_is_emptied(spec, end):
    """A reviewer would read that a recipe made what a model wrote."""
    source = (POSED + CODE).replace("\n", end)
    for found in (
        written(source, spec, "base", "litellm", "openai/x"),
        submitted(source.encode(), spec, "base"),
    ):
        assert isinstance(found, Candidate)
        assert "recipe/" not in found.code
        assert found.code.count("fingerprint") == 1
        assert found.code.count("generated: change") == 1
        # The lines keep their numbers, and everything else is as it was.
        assert without_header(found.code) == f"#{end}#{end}#{end}#{end}# by hand{end}" + (
            CODE.replace("\n", end).rstrip() + "\n"
        )


def test_code_without_such_a_comment_stays_as_it_is(spec):
    """What is judged would not be what was handed in."""
    found = submitted(f"# a note\n\n{CODE}".encode(), spec, "base")
    assert isinstance(found, Candidate)
    assert found.source == f"# a note\n\n{CODE}"
