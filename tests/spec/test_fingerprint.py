"""The normal form: formatting changes nothing, meaning changes it, on every supported Python."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spec_helpers import spec_of, write

from poet.spec import Options, normal_form

ROOT = Path(__file__).parents[2]
RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))

SAME = {
    "comment": ("x = 1", "# why\nx = 1  # because\n"),
    "blank lines": ("x = 1\ny = 2", "x = 1\n\n\n\ny = 2\n"),
    "quotes": ("x = 'a'", 'x = "a"'),
    "triple quotes": ("x = 'a'", 'x = """a"""'),
    "prefix": ("x = u'a'", "x = 'a'"),
    "escapes": (r"x = '\x41\u00e4'", "x = 'Aä'"),
    "raw": (r"x = r'\d'", r"x = '\\d'"),
    "quotes of bytes": ("x = b'a'", 'x = b"a"'),
    "quotes of a formatted text": ("x = f'{a}b'", 'x = f"{a}b"'),
    "spaces in a formatted text": ("x = f'{ a }'", "x = f'{a}'"),
    "joined literals": ("x = ('a'\n     'b')", "x = 'ab'"),
    "line breaks": ("f(a, b)", "f(\n    a,\n    b,\n)"),
    "call comma": ("f(a,)", "f(a)"),
    "list comma": ("x = [a,]", "x = [a]"),
    "set comma": ("x = {a,}", "x = {a}"),
    "dict comma": ("x = {a: b,}", "x = {a: b}"),
    "tuple comma": ("x = (a, b,)", "x = (a, b)"),
    "tuple without brackets": ("x = a, b", "x = (a, b)"),
    "subscript comma": ("x[a, b,]", "x[a, b]"),
    "parameter comma": ("def f(a,): pass", "def f(a): pass"),
    "import comma": ("from a import (b, c,)", "from a import b, c"),
    "parentheses": ("return_ = (a + b)", "return_ = a + b"),
    "class parentheses": ("class A(): pass", "class A: pass"),
    "one line": ("if a: b = 1; c = 2", "if a:\n  b = 1\n  c = 2"),
    "indent": ("if a:\n\tb = 1", "if a:\n        b = 1"),
    "backslash": ("x = a + \\\n  b", "x = a + b"),
    "numbers": ("x = 0XFF + 1E3 + 1_000", "x = 0xff + 1e3 + 1000"),
    "docstring indent": ('def f():\n  """A.\n\n  B.\n  """', 'def f():\n    """A.\n\n    B."""'),
    "line ends": ("x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
}
OTHER = {
    "tuple of one": ("x = (a,)", "x = (a)"),
    "index of one": ("x[a,]", "x[a]"),
    "return of one": ("def f(): return (a,)", "def f(): return (a)"),
    "after not": ("x = not (a,)", "x = not (a)"),
    "after in": ("x = a in (b,)", "x = a in (b)"),
    "case of one": ("match a:\n case (b,): pass", "match a:\n case (b): pass"),
    "lambda of one": ("f = lambda: (a,)", "f = lambda: (a)"),
    "call of a tuple": ("f((a,))", "f((a))"),
    "value": ("x = 1", "x = 2"),
    "int and float": ("x = 1", "x = 1.0"),
    "int and bool": ("x = 1", "x = True"),
    "text and bytes": ("x = 'a'", "x = b'a'"),
    "text and name": ("x = 'a'", "x = a"),
    "zero": ("x = 0.0", "x = -0.0"),
    "none": ("x = None", "x = 'None'"),
    "name": ("x = a", "x = b"),
    "operator": ("x = a + b", "x = a - b"),
    "precedence": ("x = a - (b - c)", "x = a - b - c"),
    "order": ("a()\nb()", "b()\na()"),
    "block": ("if a:\n  b()\n  c()", "if a:\n  b()\nc()"),
    "else of which": ("if a:\n  if b: c()\n  else: d()", "if a:\n  if b: c()\nelse: d()"),
    "async": ("async def f(): pass", "def f(): pass"),
    "decorator": ("@a\ndef f(): pass", "def f(): pass"),
    "default": ("def f(a=1): pass", "def f(a=2): pass"),
    "annotation": ("def f(a: int): pass", "def f(a: str): pass"),
    "position-only": ("def f(a, /): pass", "def f(a): pass"),
    "keyword-only": ("def f(*, a): pass", "def f(a): pass"),
    "return annotation": ("def f() -> int: pass", "def f(): pass"),
    "star": ("f(*a)", "f(a)"),
    "double star in a dict": ("x = {**a}", "x = {a}"),
    "formatted field": ("x = f'{a}'", "x = f'{b}'"),
    "formatted spec": ("x = f'{a:>3}'", "x = f'{a:>4}'"),
    "formatted conversion": ("x = f'{a!r}'", "x = f'{a!s}'"),
    "formatted text": ("x = f'{{a}}'", "x = f'{a}'"),
    "space in a text": ("x = 'a  b'", "x = 'a b'"),
    "docstring words": ('def f():\n  """A."""', 'def f():\n  """B."""'),
    "docstring lines": ('def f():\n  """A.\n  B."""', 'def f():\n  """A. B."""'),
    "text that is no docstring": ('def f():\n  x = """A\n  """', 'def f():\n  x = """A"""'),
    "docstring or none": ('def f():\n  """A."""\n  pass', "def f():\n  pass"),
    "nested quotes": ("""x = f'{a["b"]}'""", """x = f'{a["c"]}'"""),
    "yield": ("def f(): yield a", "def f(): return a"),
    "is": ("x = a is b", "x = a == b"),
    "global": ("def f():\n global a\n a = 1", "def f():\n a = 1"),
    "import level": ("from . import a", "from .. import a"),
    "alias": ("import a as b", "import a as c"),
    "except star": ("try: a()\nexcept* E: pass", "try: a()\nexcept E: pass"),
}


@pytest.mark.parametrize(("one", "two"), SAME.values(), ids=SAME)
def test_formatting_changes_nothing(one, two):
    """A run of a formatter would make every version stale, and its work be done again."""
    assert normal_form(one) == normal_form(two)


@pytest.mark.parametrize(("one", "two"), OTHER.values(), ids=OTHER)
def test_meaning_changes_it(one, two):
    """A version made for other code would go on being served."""
    assert normal_form(one) != normal_form(two)


NAMES = st.sampled_from(["alpha", "beta", "values", "self_", "é", "match", "type"])
TEXTS = st.text(max_size=12).map(lambda t: t.encode("utf-8", "ignore").decode())
LEAVES = st.one_of(
    NAMES,
    st.integers().map(lambda n: f"({n})"),
    st.floats(0, 1e9).map(repr),
    TEXTS.map(repr),
    st.binary(max_size=5).map(repr),
    st.sampled_from(["None", "True", "...", "()", "f'{alpha!r:>{beta}}x'", 'f"{values}"']),
)


def grow(inner):
    many = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "**", "and", "or", "<", "not in", "@"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        many.map(lambda v: f"[{', '.join(v)}]"),
        many.map(lambda v: f"({', '.join(v)},)"),
        many.map(lambda v: f"alpha({', '.join(v)})"),
        many.map(lambda v: f"beta[{', '.join(v)}]"),
        inner.map(lambda v: f"(not {v})"),
        inner.map(lambda v: f"(lambda: {v})"),
        inner.map(lambda v: f"[{v} for values in alpha if {v}]"),
        st.tuples(inner, inner).map(lambda t: f"{{{t[0]}: {t[1]}, **beta}}"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    )  # fmt: skip


EXPRESSIONS = st.recursive(LEAVES, grow, max_leaves=8)


def statements(inner):
    block = st.lists(inner, min_size=1, max_size=3).map(
        lambda lines: "\n".join("    " + line for part in lines for line in part.split("\n"))
    )
    return st.one_of(
        st.tuples(EXPRESSIONS, block).map(lambda t: f"if {t[0]}:\n{t[1]}"),
        st.tuples(EXPRESSIONS, block, block).map(lambda t: f"if {t[0]}:\n{t[1]}\nelse:\n{t[2]}"),
        st.tuples(EXPRESSIONS, block).map(lambda t: f"for alpha in {t[0]}:\n{t[1]}"),
        st.tuples(block, block).map(lambda t: f"try:\n{t[0]}\nexcept ValueError:\n{t[1]}"),
        st.tuples(EXPRESSIONS, block).map(lambda t: f"with {t[0]} as beta:\n{t[1]}"),
    )


SIMPLE = st.one_of(
    EXPRESSIONS.map(lambda e: f"values = {e}"),
    EXPRESSIONS.map(lambda e: f"return {e}"),
    EXPRESSIONS.map(lambda e: f"beta += {e}"),
)
BODIES = st.lists(st.recursive(SIMPLE, statements, max_leaves=4), min_size=1, max_size=3)
FUNCTIONS = BODIES.map(
    lambda body: (
        'def f(alpha, beta=1, *, values: "int" = 2):\n    """Doc."""\n'
        + "\n".join("    " + line for part in body for line in part.split("\n"))
        + "\n"
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(FUNCTIONS)
def test_any_function_written_out_anew(source):
    """Some function would become stale by nothing but another layout, or collide with another."""
    form = normal_form(source)
    tree = ast.parse(source)
    assert normal_form(ast.unparse(tree)) == form
    changed = ast.unparse(tree).replace("alpha", "gamma")
    assert normal_form(changed) != form


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(FUNCTIONS, min_size=10, max_size=10))
def test_any_function_formatted_by_ruff(sources):
    """The formatter that most projects run at each save would make every version stale."""
    for width in (20, 100):
        done = subprocess.run(
            [str(RUFF), "format", "--isolated", "--line-length", str(width), "--quiet", "-"],
            input="\n\n\n".join(sources).encode(), capture_output=True, check=True,
        )  # fmt: skip
        assert normal_form(done.stdout.decode()) == normal_form("\n\n\n".join(sources))


def test_deep_source():
    """A long chain of operators or elifs would end in a RecursionError at import."""
    chain = "x = " + " + ".join(f"'{n}'" for n in range(900))
    assert len(normal_form(chain)) > 900
    elifs = "if a: pass\n" + "".join(f"elif b == {n}: pass\n" for n in range(60))
    assert normal_form(elifs)
    assert normal_form("x = 0x" + "f" * 5000)


def test_what_else_is_in_a_fingerprint(tmp_path):
    """A version made with other options, or by an older recipe, would pass for fresh."""
    path = write(tmp_path, {"m.py": "def score(x):\n    return x\n"}) / "m.py"
    where = "here"
    base = spec_of(path).fingerprint
    assert (
        base == spec_of(path, options=Options.parse({"learning": "continuous"}, where)).fingerprint
    )
    others = [
        spec_of(path, epoch=2),
        *(
            spec_of(path, options=Options.parse(given, where))
            for given in (
                {"domain": "ml_monitoring"}, {"optimize_for": "accuracy"}, {"idempotent": True},
                {"objectives": {"a": 1}}, {"objectives": {"a": 2}}, {"constraints": {"ms": 1}},
                {"capabilities": ["drift"]}, {"strict_types": True}, {"verify": "enhance"},
                {"config": {"a": 1}}, {"config": {"a": 2}},
            )
        ),
    ]  # fmt: skip
    prints = [base, *(spec.fingerprint for spec in others)]
    assert len(set(prints)) == len(prints)
    one = Options.parse({"capabilities": ["a", "b"], "objectives": {"x": 1, "y": 2}}, where)
    two = Options.parse({"objectives": {"y": 2, "x": 1}, "capabilities": ["b", "a", "b"]}, where)
    assert spec_of(path, options=one).fingerprint == spec_of(path, options=two).fingerprint


def interpreter(version: str) -> str | None:
    """Return a Python of that version that runs, None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    ask = f"import sys; sys.exit(sys.version_info[:2] != {tuple(map(int, version.split('.')))})"
    for path in filter(None, found):
        if subprocess.run([path, "-c", ask], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


PROJECT = {
    "shop.py": r'''
        from __future__ import annotations

        import json
        from helpers import scale as resize, LIMITS
        from poet import poet

        LETTERS = "äé\u1c89 \U0001fae8 \x00\N{BULLET}"

        @poet(config={"ü": [1, 2.5, None]})
        def score(values: list[float], width=3, *rest, unit="€", **more) -> dict[str, str]:
            """Score — all of it."""
            row = f"{values!r:>{width}} {unit}" f"{{literal}} {LETTERS}"
            nested = f"{'a' if rest else 'b'}{more['x']:{width}.{width}}"
            mixed = f"""{
                values
            } and {width=} {width:%H:%M}"""
            big = 0xFFFFFFFFFFFFFFFFFFFFFFFFF
            total = sum(resize(v) for v in values if v not in LIMITS)
            match rest:
                case (1,): pass
                case [_, *others]: total += len(others)
            try:
                raise ExceptionGroup("e", [ValueError()])
            except* ValueError:
                pass
            return {"row": row, "nested": nested + mixed, "sum": json.dumps([total, big, 1e400])}


        class Monitor:
            factor = 2

            @poet
            async def check(self, x):
                async with x as y:
                    return [z async for z in y if z > self.factor and (w := z)]
    ''',
    "helpers.py": r"""
        import os

        if os.name == "nt":
            LIMITS = {0: 'x', }
        else:
            LIMITS = {}

        def scale(x, by=[*range(3)]):
            return x * by[-1] if not x < 0 else lambda: f"{x:{by[0]:d}}" if 0 else -x
    """.replace('f"{x:{by[0]:d}}"', 'f"{x:>{by[0]}}"'),
}
PROBE = """
import json, sys
from pathlib import Path
from poet.spec import Options, build_spec, discover, normal_form

found = {}
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    found[path.name] = normal_form(path.read_text(encoding="utf-8"))
    for item, given in discover(path):
        spec = build_spec(path, item.qualname, Options.parse(given, ""), recipe_epoch=1,
                          default_mode="preserve")
        found[item.qualname] = [spec.fingerprint, sorted(spec.closure), spec.user_names]
third = sorted(m for m in sys.modules if m.split(".")[0] in ("numpy", "click", "filelock"))
print(json.dumps([found, third]))
"""


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_on_every_python(tmp_path, version):
    """A team with two Pythons would see each other's versions as stale, for ever."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    write(tmp_path, PROJECT)

    def ask(path: str) -> list:
        done = subprocess.run(
            [path, "-S", "-B", "-c", PROBE, str(tmp_path)],
            env={"PYTHONPATH": str(ROOT / "python"), "PYTHONIOENCODING": "utf-8"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    there, third_party = ask(python)
    assert third_party == []
    assert set(there) == {"shop.py", "helpers.py", "score", "Monitor.check"}
    assert there == ask(sys.executable)[0]
