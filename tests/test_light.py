"""What a program pays for POET before it uses any of it."""

from __future__ import annotations

import json
from pathlib import Path

from poet.testing import Project

HEAVY = [
    "asyncio",
    "click",
    "hypothesis",
    "numpy",
    "pandas",
    "polars",
    "redis",
    "rich",
    "scipy",
    "sqlite3",
]
APP = """
    from poet import poet

    @poet(record="on_feedback", learning="continuous")
    def double(x: int) -> int:
        return 2 * x
"""
USE = f"""
    import json, sys
    steps = {{}}

    def loaded(step):
        steps[step] = [m for m in {HEAVY} if m in sys.modules]

    import poet
    import poet.events
    loaded("imported")
    import app
    loaded("decorated")
    poet.emit("app.started", {{"at": 1}})
    loaded("emitted")
    print(json.dumps(steps))
"""


def test_importing_decorating_and_emitting_load_nothing_heavy(tmp_path: Path) -> None:
    """Every start of a service would wait for libraries that it may never use."""
    project = Project(tmp_path).write({"app.py": APP})
    done = project.python(USE)
    assert done.code == 0, done.out
    steps = json.loads(done.out.splitlines()[-1])
    assert steps == {"imported": [], "decorated": [], "emitted": []}
