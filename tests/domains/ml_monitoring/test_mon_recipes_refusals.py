"""What the recipe for monitors does not understand it refuses, with the reason and the way out."""

# ruff: noqa: E501, ISC004

from __future__ import annotations

import pytest
from mon_recipes_helpers import DOMAIN, spec_for, watch

from poet.errors import RecipeRefusedError

METHOD = """
@dataclass
class M:
    reference: pl.DataFrame
{fields}
    def f(self, {parameters}){returns}:
{body}
"""
FLAGS = (
    "        return {c: features[c].mean() > self.reference[c].mean() for c in features.columns}"
)


def method(parameters="features: pl.DataFrame", body=FLAGS, returns="", fields="\n"):
    return METHOD.format(parameters=parameters, body=body, returns=returns, fields=fields)


CASES = {
    "async": (
        method().replace("def f", "async def f"),
        {},
        "async function",
        "plain function",
    ),
    "classmethod": (
        method().replace("    def f(self", "    @classmethod\n    def f(cls"),
        {},
        "classmethod",
        "method of an object",
    ),
    "no reference": (
        "class M:\n    def f(self, features: dict) -> bool:\n        return bool(features)\n",
        {},
        "nothing it reads is named like a reference",
        "config={'reference'",
    ),
    "two references": (
        method(
            body="        return bool(features.width > self.reference.width + self.training.width)",
            fields="    training: pl.DataFrame\n",
        ),
        {},
        "more than one",
        "config={'reference'",
    ),
    "misspelt in config": (
        method(),
        {"config": {"reference": "referense"}},
        "did you mean 'reference'",
        "it reads",
    ),
    "config names no parameter": (
        method(),
        {"config": {"current": "feature"}},
        "did you mean 'features'",
        "its parameters",
    ),
    "one value a feature": (
        method("features: dict[str, float]"),
        {},
        "one float for each feature",
        "a list of values for each feature",
    ),
    "no names": (
        method("features: np.ndarray"),
        {},
        "no names of features",
        "a frame, or a dict",
    ),
    "features may be None": (
        method("features: pl.DataFrame | None"),
        {},
        "may be None",
        "empty ones",
    ),
    "two sets of features": (
        method("features: pl.DataFrame, data: pl.DataFrame"),
        {},
        "which of features, data",
        "config={'current'",
    ),
    "an unknown parameter": (
        method("features: pl.DataFrame, factor: float", FLAGS.replace(".mean() >", ".mean() * factor >")),
        {},
        "'factor'",
        "config={'min_effect'",
    ),
    "nothing about drift": (
        method(body="        return {'rows': features.height, 'width': self.reference.width}"),
        {},
        "whether there is drift: 'rows', 'width'",
        "'drift_score'",
    ),
    "nothing returned": (
        method(body="        self.reference.height"),
        {},
        "returns nothing",
        "return a dict",
    ),
    "a class that is no dataclass": (
        "class Answer:\n    pass\n" + method(body="        self.reference\n        return Answer()", returns=" -> Answer"),
        {},
        "Answer is no dataclass",
        "a dataclass",
    ),
    "an unknown key of a feature": (
        method(body="        return {c: {'drift': True, 'colour': self.reference[c]} for c in features.columns}"),
        {},
        "'colour'",
        "such as drift, p_value",
    ),
    "an unknown status": (
        method(body="        return {'status': 'mauve' if self.reference.width else 'ok'}"),
        {},
        "'mauve'",
        "one word of your own",
    ),
    "an effect before the result": (
        method(body="        self.seen.append(features)\n        drifted = [self.reference.width]\n        return {'drifted': drifted}",
               fields="    seen: list\n"),
        {},
        "does self.seen.append(features), before its result is made",
        "make the result first",
    ),
    "a change before the result": (
        method(body="        self.count = 1\n        return {'drifted': [self.reference.width]}"),
        {},
        "changes self.count",
        "make the result first",
    ),
    "a raise": (
        method(body="        for c in features.columns:\n            raise ValueError(self.reference[c])\n        return {'drifted': []}"),
        {},
        "raises",
        "make the result first",
    ),
    "after it, what is not there": (
        method(body="        shift = features.height - self.reference.height\n        found = {'drifted': []}\n"
                    "        print(shift)\n        if shift:\n            self.tell(shift)\n        return found",
               fields="    tell: Callable\n"),
        {},
        "uses what generated code does not have",
        "use found",
    ),
    "anomalies": (
        method(),
        {"capabilities": ["drift", "anomaly"]},
        "not for single odd rows",
        "AnomalyDetector",
    ),
    "performance without predictions": (
        method(),
        {"capabilities": ["performance"]},
        "no parameter with the model's predictions",
        "take them as predictions",
    ),
    "performance without a place": (
        method("predictions: list[float], features: pl.DataFrame"),
        {"capabilities": ["performance"]},
        "no place to say it",
        "'health_score'",
    ),
    "a reference without names": (
        method().replace("reference: pl.DataFrame", "reference: list[float]"),
        {},
        "no names of features",
        "hold a frame",
    ),
    "a loader of other things": (
        "def load_reference(a, b):\n    return {}\n\n"
        "def f(features: dict[str, list[float]]) -> bool:\n    return load_reference(1, 2) == features\n",
        {},
        "more than the function's own arguments",
        "load_reference(model_name)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_refusal_names_the_reason_and_the_way_out(case, tmp_path):
    """A user would get a monitor of something else, or no word on how to get one."""
    text, options, reason, way_out = CASES[case]
    name = "f" if case == "a loader of other things" else "M.f"
    spec = spec_for(tmp_path, text, name, **options)
    with pytest.raises(RecipeRefusedError) as caught:
        DOMAIN.recipe(spec)
    assert reason in caught.value.what
    assert way_out in caught.value.hint
    assert caught.value.where == f"{spec.path}:{spec.line}"
    assert DOMAIN.checks(spec) == []


def test_an_object_that_cannot_be_made_has_no_checks_but_a_version(tmp_path):
    """A user whose class needs a connection would get no version, though tests could show it right."""
    text = """
    class Connection:
        pass

    class M:
        def __init__(self, reference: pl.DataFrame, connection: Connection):
            self.reference, self.connection = reference, connection

        def f(self, features: pl.DataFrame) -> bool:
            return features.mean() != self.reference.mean()
    """
    made = watch(tmp_path, text, "M.f")
    assert DOMAIN.checks(made.spec) == []
    (why,) = [note for note in made.recipe.notes if "no checks" in note]
    assert "connection: Connection" in why
    assert "give it a default" in why


def test_objectives_that_change_nothing_are_said_to(tmp_path):
    """A user would believe that an objective had been served."""
    text = method()
    recipe = DOMAIN.recipe(spec_for(tmp_path, text, "M.f", optimize_for="recall"))
    assert any(note.startswith("recall: changes nothing") for note in recipe.notes)
    assert {
        s.objective: bool(s.why) for s in DOMAIN.scoring(spec_for(tmp_path, text, "M.f"))
    } == dict.fromkeys(["accuracy", "precision", "recall"], True)
