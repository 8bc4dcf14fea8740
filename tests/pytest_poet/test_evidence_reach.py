"""A candidate that is wrong where only some tests look must meet those tests."""

from __future__ import annotations

import pytest

from poet.testing import Project

# A domain whose recipe is wrong from 10 on, and whose one check does not notice. In `preserve` the
# comparison with the function would; in `enhance` it is up to the tests.
TOY = """
    from poet import plugins
    from poet.domain import CallCheck, Domain, Recipe

    def recipe(spec):
        return Recipe("wrong", "def f(a):\\n    return a + 1 if a < 10 else 0\\n")

    def checks(spec):
        return [CallCheck("small", [1], {}, lambda o: None if o.value == 2 else "wrong")]

    plugins.loaded().domains["toy"] = Domain("toy", "", "1", 1, "preserve", recipe, checks)
"""
APP = """
    import toy
    from poet import poet

    @poet(domain="toy", verify="enhance")
    def f(a):
        return a + 1
"""
TESTS = {
    "module fixture": """
        import app, pytest

        @pytest.fixture(scope="module")
        def big():
            return app.f(10)

        def test_type(big):
            assert isinstance(big, int)

        def test_value(big):
            assert big == 11
    """,
    "setUpClass": """
        import app, unittest

        class TestF(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.big = app.f(10)

            def test_type(self):
                assert isinstance(self.big, int)

            def test_value(self):
                assert self.big == 11
    """,
    "import of the test file": """
        import app

        BIG = app.f(10)

        def test_small():
            assert app.f(1) == 2

        def test_value():
            assert BIG == 11
    """,
    "ids that change": """
        import app, pytest, time

        @pytest.mark.parametrize("a", [10, 11], ids=[f"a{time.time_ns()}", f"b{time.time_ns()}"])
        def test_dynamic(a):
            assert app.f(a) == a + 1

        def test_small():
            assert app.f(1) == 2
    """,
}


@pytest.mark.parametrize("case", TESTS)
def test_wrong_candidate_meets_every_test_that_rests_on_the_function(tmp_path, case):
    """A wrong version would become current because a value was made before the test that looks."""
    project = Project(tmp_path).write({"toy.py": TOY, "app.py": APP, "test_app.py": TESTS[case]})
    done = project.pytest("--poet-regenerate", "-q")
    assert done.code == 1, done.out
    assert "rejected: failed verification" in done.out
    assert not (tmp_path / ".poet" / "f").exists()


def test_failing_tests_after_a_promotion_are_what_comes_next(tmp_path):
    """The last line would say "commit" while a test of the promoted version is red."""
    flaky = "import pathlib\nFLAG = pathlib.Path(__file__).with_name('runs')\n"
    test = f"""
        import app
        {flaky.strip().replace(chr(10), chr(10) + "        ")}

        def test_small():
            assert app.f(1) == 2

        def test_red_later():
            runs = int(FLAG.read_text()) if FLAG.exists() else 0
            FLAG.write_text(str(runs + 1))
            assert runs < 1
    """
    project = Project(tmp_path).write({"toy.py": TOY, "app.py": APP, "test_app.py": test})
    done = project.pytest("--poet-regenerate", "-q")
    assert done.code == 1, done.out
    assert "- -> v1" in done.out
    assert "next: mend the tests that fail on what was promoted" in done.out


def test_test_that_waits_for_a_right_value_does_not_hang_the_run(tmp_path):
    """One polling test would keep a pipeline busy until somebody stops it."""
    app = "from poet import poet\n\n@poet()\ndef ready(a: int) -> bool:\n    return a > 0\n"
    test = """
        import app, time

        def test_waits():
            while app.ready(1) is not True:
                time.sleep(0.05)
    """
    project = Project(tmp_path).write({"app.py": app, "test_app.py": test})
    done = project.pytest("--poet-regenerate", "-q", env={"POET_TESTS_TIMEOUT": "15"})
    assert done.code == 0, done.out
    assert "- -> v1" in done.out
