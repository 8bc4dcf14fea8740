"""The prompt: all that is needed to pass the gate, the same bytes each time, and no secret."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from poet.domain import REVIEWED, Domain, ObjectiveKey, Recipe
from poet.errors import ConfigError
from poet.gate import audit, importable, poet_names
from poet.generate.names import describe
from poet.generate.prompt import Facts, compose, estimate_tokens, repair
from poet.generate.reply import read_reply
from poet.generate.request import Completion
from poet.plugins import domain
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options

SHOP = '''
import json
import re as regex
from dataclasses import dataclass

from poet import poet

RATE = 0.19


@dataclass
class Order:
    net: float


def taxed(net: float) -> float:
    return net * (1 + RATE)


@poet()
def price(order: Order, /, note: str = "a ```fence```", *, lines: list = [1]) -> float:
    """Return the gross price."""
    regex.match("x", note)
    return taxed(order.net)


class Shop:
    """A shop."""

    currency: str = "EUR"

    def __init__(self, orders: list[Order]) -> None:
        self.orders = orders

    def _nets(self) -> list[float]:
        return [o.net for o in self.orders]

    @poet()
    def total(self, least: float = 0.0) -> float:
        """Add up."""
        return sum(n for n in self._nets() if n >= least)


@poet()
async def later(x: int) -> int:
    return x


@poet()
def count(n: int):
    yield from range(n)
'''


def spec_of(folder: Path, name: str, source: str = SHOP, **options: Any) -> FunctionSpec:
    path = folder / "shop.py"
    path.write_text(source, encoding="utf-8")
    return spec_for(path, name, Options.parse(options, "here"))[0]


def prompt_of(spec: FunctionSpec, facts: Facts = Facts(), **change: Any) -> str:  # noqa: B008
    return compose(spec, domain(spec.options.domain)._replace(**change), facts).user


def section(text: str, title: str) -> str:
    found = re.search(
        rf"^## {re.escape(title)}[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"no section {title!r}"
    return found[1]


def test_it_shows_the_function_and_what_it_reaches(tmp_path: Path) -> None:
    """The model would rewrite what it cannot see, and invent the helpers."""
    text = prompt_of(spec_of(tmp_path, "price"))
    assert "return taxed(order.net)" in section(text, "The function as it is")
    assert "@poet" not in text
    context = section(text, "What it uses of the user's project")
    for shown in ("RATE = 0.19", "class Order:", "def taxed(net: float)", "import re as regex"):
        assert shown in context
    assert "`user.taxed`" in context
    assert "`user.Order`" in context
    assert "`user.RATE`" not in context, "only what the function itself names is in reach"
    assert "`import re as regex`" in context
    assert "json" not in context, "what the function does not use is left out"


def test_the_signature_can_be_copied_as_it_stands(tmp_path: Path) -> None:
    """A default that is an object would be another one in the version: refused by the contract."""
    text = section(prompt_of(spec_of(tmp_path, "price")), "Define exactly this")
    code = read_reply(Completion(text, "stop", "m", 1, 1, 0.0)).code
    assert 'DEFAULT_OF_LINES = default("lines")' in code
    assert "lines" in code.partition("*")[2]
    assert audit(f'"""X."""\n\n{code}', "price", {}) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [("later", "`async def`"), ("count", "a generator"), ("Shop.total", "an ordinary function")],
)
def test_it_says_what_kind_of_function_it_is(tmp_path: Path, name: str, says: str) -> None:
    """A function in place of a coroutine is refused, and paid for."""
    assert says in prompt_of(spec_of(tmp_path, name)).partition("## ")[0]


def test_a_method_shows_its_class_and_stands_outside_of_it(tmp_path: Path) -> None:
    """The model would write a class, and not know what self holds."""
    text = prompt_of(spec_of(tmp_path, "Shop.total"))
    context = section(text, "What it uses of the user's project")
    assert "self.orders = orders" in context
    assert 'currency: str = "EUR"' in context
    assert "def _nets(self)" in context
    assert "def total(self" not in context
    signature = section(text, "Define exactly this")
    assert "def total(self, least: float = 0.0)" in signature
    assert "is handed `self` first" in signature


def test_mode_is_told_as_what_is_checked(tmp_path: Path) -> None:
    """The model would change what must stay, or keep what is to become better."""
    kept = prompt_of(spec_of(tmp_path, "price"))
    assert "**preserve**" in kept
    assert "equal to the last bit" in kept
    loose = prompt_of(spec_of(tmp_path, "price", tolerance={"rtol": 1e-9}))
    assert "within rtol 1e-09" in loose
    better = prompt_of(spec_of(tmp_path, "price", optimize_for="latency"))
    assert "**enhance**" in better


def test_objectives_limits_and_configuration_come_with_their_meaning(tmp_path: Path) -> None:
    """The model would optimise in the wrong direction, or in the wrong unit."""
    spec = spec_of(
        tmp_path, "price", optimize_for="reliability", idempotent=True,
        objectives={"latency": {"weight": 2, "target": 5}}, constraints={"duration_ms": 100},
        config={"attempts": 7},
    )  # fmt: skip
    text = prompt_of(spec)
    wanted = section(text, "What to make better")
    assert "- `latency` (minimize, weight 2, target 5 ms): Answers as the function does" in wanted
    assert "- `reliability` (maximize): " in wanted
    assert "`duration_ms`: at most 100 milliseconds" in section(text, "Limits that must hold")
    assert "`attempts` = 7: calls in all" in section(text, "Configuration")
    assert "`idempotent` = true: what has taken effect may run twice" in text


def test_sections_without_content_are_left_out(tmp_path: Path) -> None:
    """The model would read headings with nothing under them, and fill them in."""
    text = prompt_of(spec_of(tmp_path, "later"))
    for title in (
        "The user's tests",
        "Recorded cases",
        "What production says",
        "Limits",
        "The version",
    ):
        assert f"## {title}" not in text
    assert "$" not in text.replace("$name", "")


def test_facts_are_shown_in_their_sections(tmp_path: Path) -> None:
    """What is known of the function would not reach the model."""
    facts = Facts(
        tests={"test_shop.py::test_a": "def test_a():\n    assert price"},
        cases=['{"args": [1]}'], evidence=["12 of 90 calls failed"],
        previous="x = '```'\n", previous_state="Made by `file`, stale.", failures=["raises KeyError"],
    )  # fmt: skip
    text = prompt_of(spec_of(tmp_path, "price"), facts)
    assert "assert price" in section(text, "The user's tests, those you may see")
    assert '{"args": [1]}' in section(text, "Recorded cases, those you may see")
    assert "12 of 90" in section(text, "What production says")
    assert "````python\nx = '```'\n````" in section(text, "The version there is")
    assert "raises KeyError" in section(text, "What is wrong with it")


def test_fingerprint_and_estimate_are_those_of_the_text(tmp_path: Path) -> None:
    """Two prompts would pass for one, or a call cost more than was reserved."""
    spec = spec_of(tmp_path, "price")
    made = compose(spec, domain("base"), Facts())
    whole = f"{made.system}\0{made.user}"
    assert made.fingerprint == hashlib.sha256(whole.encode()).hexdigest()
    assert made.fingerprint != compose(spec, domain("base"), Facts(evidence=["x"])).fingerprint
    assert made.tokens == estimate_tokens(made.system) + estimate_tokens(made.user)
    assert estimate_tokens("ééé") == 2
    assert [m.role for m in made.messages] == ["system", "user"]


def test_secrets_and_folders_of_the_machine_stay_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the user's source would be sent to a stranger, and stored beside the source."""
    planted = "sk-planted0123456789abcdefghij"
    monkeypatch.setenv("SHOP_API_KEY", "hunter2-hunter2")
    source = SHOP.replace(
        "RATE = 0.19", f'RATE = 0.19\nKEY = "{planted}"\nPASS = "hunter2-hunter2"'
    )
    source = source.replace(
        "return taxed(order.net)", "return taxed(order.net) if KEY + PASS else 0.0"
    )
    spec = spec_of(tmp_path, "price", source)
    made = compose(spec, domain("base"), Facts(tests={"t": f"assert '{planted}'"}))
    assert "[secret]" in made.user
    for held in (planted, "hunter2-hunter2", str(tmp_path), str(Path.home() / "")):
        assert held not in made.user + made.system
    again = repair(made, f'K = "{planted}"\n', f"got {planted}")
    assert planted not in "".join(m.content for m in again)


def test_repair_holds_the_last_answer_and_its_report_only(tmp_path: Path) -> None:
    """The conversation would grow with each try, and cost the budget."""
    made = compose(spec_of(tmp_path, "price"), domain("base"), Facts())
    asked = repair(made, "def price(): pass\n", "- line 1: it is wrong")
    assert [m.role for m in asked] == ["system", "user", "assistant", "user"]
    assert asked[:2] == made.messages
    assert (
        read_reply(Completion(asked[2].content, "stop", "m", 1, 1, 0.0)).code
        == "def price(): pass\n"
    )
    assert "- line 1: it is wrong" in asked[3].content
    assert "exactly one fenced block" in asked[3].content
    assert "no module could be read" in repair(made, "", "two blocks")[2].content


def of_template(template: str) -> Domain:
    return Domain(
        name="own", summary="own", version="1", recipe_epoch=1, mode="preserve",
        recipe=lambda _: Recipe("x", ""), checks=lambda _: [], template=template,
        objectives={"beauty": ObjectiveKey("Reads well.")},
    )  # fmt: skip


def test_a_domain_may_bring_its_own_template(tmp_path: Path) -> None:
    """A field that asks otherwise could not be served."""
    template = (
        "Costs $$5.\n\n## Fn\n$source\n\n## None\n\n$evidence\n\n## Doc\n$docstring\n$reply\n"
    )
    made = compose(spec_of(tmp_path, "price"), of_template(template), Facts())
    assert made.user.startswith("Costs $5.\n\n## Fn\n````python\ndef price")
    assert "## None" not in made.user
    assert "## Doc\nReturn the gross price." in made.user


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("$source $reply $sauce", r"unknown placeholder \$sauce.*source"),
        ("$reply", r"placeholder \$source is missing"),
        ("$source", r"placeholder \$reply is missing"),
        ("$source $reply costs 5$", r"a \$ that starts no placeholder"),
    ],
)
def test_a_template_with_a_mistake_is_named(tmp_path: Path, template: str, says: str) -> None:
    """A model would be asked with a hole in the question, and be paid for it."""
    with pytest.raises(ConfigError, match=says):
        compose(spec_of(tmp_path, "price"), of_template(template), Facts())


# One line of the rules, as its first words, and code that it refuses and that it lets pass.
RULES = {
    "Imports": ("import os\nX = os.getcwd", "import math\nX = math.pi"),
    "Files, network": ("def g(p):\n    return open(p)", "from io import StringIO\nX = StringIO"),
    "Builtins": ("def g(o):\n    return vars(o)", "def g(o):\n    return sorted(o)"),
    "Attributes": ("def g(o):\n    return o.__class__", "def g(o):\n    return type(o).__name__"),
    "`getattr`": (
        "def g(o, n):\n    return getattr(o, n)",
        "def g(o):\n    return getattr(o, 'real', 0)",
    ),
    "`except Exception`": (
        "def g():\n    try:\n        pass\n    except:\n        pass",
        "def g():\n    try:\n        pass\n    except Exception:\n        pass",
    ),
    "Decorators": (
        "import contextlib\n\n\n@contextlib.suppress\ndef g():\n    pass",
        "import functools\n\n\n@functools.cache\ndef g():\n    pass",
    ),
    "Annotations": (
        "def g(x: int if f else str):\n    pass",
        "def g(x: 'list[int] | None'):\n    pass",
    ),
    "Classes": (
        "def g(x):\n    return {type(x): 1}",
        "class P:\n    def __init__(self, x):\n        self.x = x",
    ),
    "A module": ("import math\nX = [math]", "import math\nX = [math.pi]"),
    "`warnings.simplefilter`": (
        "import warnings\n\n\ndef g():\n    warnings.simplefilter('ignore')",
        (
            "import warnings\n\n\ndef g():\n    with warnings.catch_warnings():\n"
            "        warnings.simplefilter('ignore')"
        ),
    ),
    "`agg`": ("def g(t, n):\n    return t.agg(n, 1)", "def g(t):\n    return t.agg('mean')"),
    "Text": ("é = 1", "X = 'é'"),
}


def test_every_rule_that_is_told_is_one_of_the_audit(tmp_path: Path) -> None:
    """The model would avoid what is allowed, or waste a try on what is not said."""
    text = section(prompt_of(spec_of(tmp_path, "later")), "What the audit refuses")
    told = re.findall(r"^- ([^:;,]+?)[:;,]? ", text, re.MULTILINE)
    items = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(items) == len(RULES), told
    rest = "\n\n\ndef f():\n    return 1\n"
    for rule, (bad, good) in RULES.items():
        assert any(line.startswith(f"- {rule}") for line in items), rule
        assert audit(f'"""X."""\n\n{bad}{rest}', "f", {}), f"{rule}: {bad!r} is accepted"
        assert audit(f'"""X."""\n\n{good}{rest}', "f", {}) == [], rule


@pytest.mark.parametrize(
    "name",
    [
        "eval",
        "exec",
        "compile",
        "open",
        "input",
        "setattr",
        "delattr",
        "vars",
        "globals",
        "locals",
        "dir",
        "memoryview",
    ],
)
def test_the_builtins_that_are_named_as_refused_are(tmp_path: Path, name: str) -> None:
    """A rule that is not true teaches the model nothing."""
    text = section(prompt_of(spec_of(tmp_path, "later")), "What the audit refuses")
    assert re.search(rf"\b{name}\b", text)
    assert audit(f'"""X."""\n\n\ndef f():\n    return {name}(1)\n', "f", {})


def test_libraries_that_may_be_missing_are_marked(tmp_path: Path) -> None:
    """The model would import pandas where there is none."""
    grants = {"pandas": REVIEWED, "numpy": REVIEWED}
    facts = Facts(names=describe(poet_names(grants)), libraries=importable(grants))
    text = section(prompt_of(spec_of(tmp_path, "later"), facts), "What else you may import")
    assert "Of numpy, pandas import only what the function or its module uses already" in text
    assert "`math`" in text.partition("\n")[0] or "`math`" in text
