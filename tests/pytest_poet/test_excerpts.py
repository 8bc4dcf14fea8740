"""The text of a visible test, with what it uses of its file."""

from __future__ import annotations

import textwrap

from pytest_poet.excerpts import SMALL, file_tree, source_of

FILE = textwrap.dedent(
    '''
    import pytest

    ROWS = [1, 2]
    LARGE = """%s"""


    def base():
        return ROWS


    @pytest.fixture
    def rows():
        return base()


    @pytest.fixture
    def named():
        return 3


    def test_one(rows):
        """Its own text."""
        assert f(rows) == LARGE


    @pytest.mark.usefixtures("named")
    @pytest.mark.parametrize("x", [1])
    async def test_two(x):
        assert test_one


    class TestThings:
        limit = 4

        def setup_method(self):
            self.x = 1

        def make(self):
            return self.limit

        def test_three(self, rows):
            assert f(self.make())

        class TestInner:
            def test_four(self):
                assert f(1)
    '''
) % ("x" * SMALL)


def text_of(*within: str) -> str:
    tree = file_tree(FILE)
    assert tree is not None
    return source_of(tree, within)


def test_fixtures_and_helpers_stand_before_the_test_in_the_order_they_are_needed() -> None:
    """The model would read a test whose inputs it cannot see."""
    blocks = text_of("test_one").split("\n\n\n")
    assert [b.split("\n")[0] for b in blocks] == [
        "ROWS = [1, 2]", "def base():", "@pytest.fixture", "def test_one(rows):",
    ]  # fmt: skip
    assert '"""Its own text."""' in blocks[-1]


def test_what_is_large_is_left_out() -> None:
    """One table of data in a test file would fill the prompt."""
    assert "x" * SMALL not in text_of("test_one")


def test_decorators_belong_to_a_test_and_other_tests_do_not() -> None:
    """A hidden test would be shown because a visible one names it."""
    text = text_of("test_two")
    assert '@pytest.mark.parametrize("x", [1])\nasync def test_two(x):' in text
    assert "def named():" in text
    assert "def test_one" not in text


def test_a_method_comes_with_what_it_uses_of_its_class() -> None:
    """Tests in classes would be shown without what they prepare."""
    text = text_of("TestThings", "test_three")
    assert text.split("\n\n\n")[-1].startswith("# in class TestThings\ndef test_three(self, rows):")
    for part in ("def setup_method(self):", "def make(self):", "limit = 4", "def rows():"):
        assert part in text
    assert "test_four" not in text
    assert "def test_four" in text_of("TestThings", "TestInner", "test_four")


def test_what_is_not_there_has_no_text() -> None:
    """A test that a plugin made up would end the making of a prompt."""
    assert text_of("test_none") == ""
    assert text_of("TestNone", "test_one") == ""
    assert file_tree("def (") is None
