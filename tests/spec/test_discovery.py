"""Finding decorated functions in source text, without importing it."""

from __future__ import annotations

import pytest
from spec_helpers import spec_of, write

from poet.errors import ConfigError, DuplicateFunctionError, NoSourceError
from poet.registry import Found, find, found_in
from poet.spec import Options, discover, find_definition


def shown(tmp_path, text):
    path = write(tmp_path, {"m.py": text}) / "m.py"
    return {d.qualname: options for d, options in discover(path)}


def test_aliases_of_the_decorator(tmp_path):
    """A function decorated under another name would be missing from poet status."""
    text = """
        import poet
        import poet as p
        from poet import poet as enhance

        raise SystemExit("imported")

        @poet.poet
        def one(): ...
        @p.poet(learning="off")
        def two(): ...
        @enhance(domain="base")
        def three(): ...
        @other.poet
        def four(): ...
        @staticmethod
        @enhance()
        def five(): ...
    """
    assert shown(tmp_path, text) == {
        "one": {},
        "two": {"learning": "off"},
        "three": {"domain": "base"},
        "five": {},
    }


def test_a_decorator_that_is_not_poets(tmp_path):
    """Another library's decorator of the same name would be taken for POET's."""
    text = "from poetry import poet\n\n@poet\ndef one(): ...\n"
    assert shown(tmp_path, text) == {}


def test_class_defaults(tmp_path):
    """The options on the class would not reach its methods, or override their own."""
    text = """
        from poet import poet

        @poet(domain="a", learning="off")
        class Some:
            @poet(domain="b")
            def chosen(self): ...
            def left(self): ...

        @poet(domain="a")
        class All:
            def __init__(self): ...
            def one(self): ...
            @staticmethod
            def two(): ...
            def _three(self): ...
    """
    assert shown(tmp_path, text) == {
        "Some.chosen": {"domain": "b", "learning": "off"},
        "All.one": {"domain": "a"},
        "All.two": {"domain": "a"},
    }


@pytest.mark.parametrize("options", ["domain=NAME", "**OPTIONS", "'a'", "config={'a': f()}"])
def test_options_that_are_not_literals(tmp_path, options):
    """Options that only an import would tell would be shown as if there were none."""
    text = f"from poet import poet\n\n@poet({options})\ndef one(): ...\n"
    assert shown(tmp_path, text) == {"one": None}


def test_under_conditions(tmp_path):
    """A function inside if, try or with would be missing from poet status."""
    text = """
        from poet import poet
        if a:
            @poet
            def one(): ...
        else:
            @poet
            async def two(): ...
        try:
            pass
        except b:
            @poet
            def three(): ...
        def outer():
            @poet
            def inner(): ...
    """
    assert set(shown(tmp_path, text)) == {"one", "two", "three"}


def test_two_decorated_functions_of_one_name(tmp_path):
    """Two functions would share one folder of versions."""
    text = "from poet import poet\n\n@poet\ndef f(): ...\n\n@poet\ndef f(): ...\n"
    path = write(tmp_path, {"m.py": text}) / "m.py"
    with pytest.raises(DuplicateFunctionError, match="at lines 4 and 7"):
        find_definition(path, "f")


def test_the_decorated_one_is_meant(tmp_path):
    """An undecorated fallback of the same name would be taken for the function."""
    text = """
        from poet import poet
        try:
            @poet
            def f():
                return 1
        except ImportError:
            def f():
                return 2
    """
    path = write(tmp_path, {"m.py": text}) / "m.py"
    assert spec_of(path, "f").source == "def f():\n    return 1\n"


def test_no_source(tmp_path):
    """The message would be Python's own and name no way out."""
    path = write(tmp_path, {"m.py": "def f(): ...\n", "bad.py": "def f(:\n"}) / "m.py"
    for where, name in ((path, "g"), (tmp_path / "bad.py", "f"), (tmp_path / "gone.py", "f")):
        with pytest.raises(NoSourceError) as caught:
            find_definition(where, name)
        assert caught.value.where == str(where)
        assert caught.value.hint


def test_kinds_and_parameters(tmp_path):
    """A coroutine would be wrapped as a function, or a parameter be lost."""
    text = """
        def function(a, /, b: int = 2, *c, d, e='x', **f) -> "list[int]":
            def inner(): yield 1
            return lambda: (yield)
        async def coroutine(): return [x async for x in y]
        def generator(): yield from ()
        async def agenerator(): yield
        class C:
            @classmethod
            def made(cls): ...
            @staticmethod
            def free(): ...
            def own(self): ...
    """
    path = write(tmp_path, {"m.py": text}) / "m.py"
    spec = spec_of(path, "function")
    assert [(p.name, p.kind, p.annotation, p.default) for p in spec.parameters] == [
        ("a", "POSITIONAL_ONLY", None, None),
        ("b", "POSITIONAL_OR_KEYWORD", "int", "2"),
        ("c", "VAR_POSITIONAL", None, None),
        ("d", "KEYWORD_ONLY", None, None),
        ("e", "KEYWORD_ONLY", None, "'x'"),
        ("f", "VAR_KEYWORD", None, None),
    ]
    kinds = {n: spec_of(path, n).kind for n in ("function", "coroutine", "generator", "agenerator")}
    assert list(kinds.values()) == ["function", "async", "generator", "async generator"]
    owners = [spec_of(path, f"C.{n}").owner for n in ("made", "free", "own")]
    assert owners == ["classmethod", "staticmethod", "method"]


def test_a_file_that_is_not_python_does_not_hide_the_others(tmp_path):
    """One broken file, or one of another encoding, would end poet status."""
    write(tmp_path, {"a.py": "def f(:\n", "c.py": "from poet import poet\n@poet\ndef f(): ...\n"})
    (tmp_path / "b.py").write_bytes(b"# \xff\n")
    (tmp_path / "d.py").write_bytes(b"x = '\0'\n")
    found = list(found_in(tmp_path))
    assert [type(f) for f in found] == [NoSourceError, NoSourceError, Found, NoSourceError]


def test_what_is_not_looked_into(tmp_path):
    """Functions of installed packages would be listed as the user's."""
    text = "from poet import poet\n@poet\ndef f(): ...\n"
    folders = (".hidden", "node_modules", "env/lib/site-packages", "build", "venv/x")
    write(tmp_path, {f"{folder}/m.py": text for folder in folders})
    write(tmp_path, {"venv/pyvenv.cfg": "", "src/m.py": text})
    assert [f.path for f in found_in(tmp_path)] == [tmp_path / "src" / "m.py"]


def test_find_by_name(tmp_path):
    """A command would act on another function than the one that was meant."""
    text = "from poet import poet\n@poet\ndef f(): ...\n"
    write(tmp_path, {"a.py": text, "b.py": text})
    assert find("a.f", tmp_path).path.name == "a.py"
    assert find(f"{tmp_path}/b.py:f", tmp_path).path.name == "b.py"
    with pytest.raises(Exception, match="2 functions are named 'f'") as caught:
        find("f", tmp_path)
    assert "a.py:f, b.py:f" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimise_for": "x"}, "unknown option 'optimise_for', did you mean 'optimize_for'"),
        ({"domain": 3}, "domain=3 is not text"),
        ({"strict_types": 1}, "strict_types=1 is not True or False"),
        ({"learning": "always"}, "is not one of off, on_feedback, continuous"),
        ({"verify": "no"}, "'preserve' or 'enhance'"),
        ({"capabilities": "drift"}, "not a list of names"),
        ({"config": {"a": float("nan")}}, "not a dict of JSON values"),
        ({"constraints": {"ms": 0}}, "not a number above 0"),
        ({"constraints": {"ms": True}}, "not a number above 0"),
        ({"objectives": {"a": {"wieght": 1}}}, "did you mean 'weight'"),
        ({"objectives": {"a": 0}}, "a positive weight"),
        ({"objectives": {"a": "x"}}, "not a weight or a dict"),
        ({"objectives": {"a": {"weight": "x"}}}, "a positive weight"),
        ({"objectives": {"a": {"target": "x"}}}, "target"),
        ({"capabilities": 3}, "not a list of names"),
        ({"constraints": {"ms": float("inf")}}, "not a number above 0"),
        ({"objectives": {"a": float("nan")}}, "a positive weight"),
    ],
)
def test_options_that_are_not_ones(given, message):
    """A misspelt option would be ignored without a word."""
    with pytest.raises(ConfigError, match=message) as caught:
        Options.parse(given, "@poet on f")
    assert caught.value.where == "@poet on f"
