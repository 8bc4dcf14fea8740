"""Failures that hang on more than arguments: on a method's object, on what the module holds."""

from __future__ import annotations

import json

from poet.cases import read_cases
from poet.events import feedback
from poet.events.queue import store_for
from poet.lifecycle.learning import learn_once
from poet.store import locate
from poet.testing import Project

PYPROJECT = """
    [project]
    name = "example"
    version = "0"

    [tool.poet]
    mode = "off"
    home = "home"
"""
APP = """
    from dataclasses import dataclass

    from poet import poet

    LIMITS = {}
    MODE = "import"

    def limit(name):
        return LIMITS[name]

    @poet(learning="on_feedback", record="on_feedback")
    def share(value: float, name: str) -> float:
        return value / limit(name)

    @poet(learning="on_feedback", record="on_feedback")
    def unseen(value: float) -> float:
        return value / {"import": 1, "now": 0}[MODE]

    @dataclass
    class Watch:
        scale: float

        @poet(learning="on_feedback", record="on_feedback")
        def part(self, value: float) -> float:
            return value / self.scale
"""
CALLS = """
    import json
    import app
    from poet import last_execution
    app.LIMITS["a"] = 0
    app.MODE = "now"
    ids = []
    for call in (lambda: app.share(1.0, "a"), lambda: app.unseen(1.0), lambda: app.Watch(0.0).part(2.0)):
        try:
            call()
        except ZeroDivisionError:
            ids.append(last_execution().id)
    print(json.dumps(ids))
"""


def test_a_failure_is_seen_again_with_what_it_hung_on_and_no_other_passes_for_it(tmp_path):
    """A crash that hangs on an object's state would be lost, or another error be taken for it."""
    project = Project(tmp_path)
    project.write({"pyproject.toml": PYPROJECT, "app.py": APP})
    done = project.python(CALLS)
    home = tmp_path / "home"
    for ident in json.loads(done.out.strip().splitlines()[-1]):
        feedback(ident, kind="error", was_correct=False, source="ada", home=home)
    found = learn_once(tmp_path, home)
    store_for(home).close()
    by_name = {one.function.qualname: one for one in found.learned}
    acts = {name: one.decision.act for name, one in by_name.items()}
    assert acts == {"share": True, "unseen": False, "Watch.part": True}
    made = {name: read_cases(locate(tmp_path / "app.py", name).folder / "cases") for name in acts}
    (share,), (unseen,), (part,) = made["share"], made["unseen"], made["Watch.part"]
    assert share.names == {"LIMITS": {"a": 0}}
    assert (unseen.names, unseen.status) == ({}, "proposed")
    assert part.args[1:] == (2.0,)
    for error in (e for one in by_name.values() for e in one.decision.evidence):
        if error.name == "error":
            assert error.facts["types"] == {"ZeroDivisionError": 1}
