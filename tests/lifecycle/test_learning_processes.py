"""Learning across processes: one executes, one says what it thinks, one learns, one sees it happen."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from poet.store import locate
from poet.testing import Project

PYPROJECT = """
    [project]
    name = "example"
    version = "0"

    [tool.poet]
    mode = "locked"
    home = "home"
    reviewers = 2
"""
APP = '''
    from poet import poet
    from scipy.stats import ks_2samp

    FEATURES = ("price", "size")


    @poet(domain="ml_monitoring", learning="continuous", record="on_feedback")
    def detect_drift(current: dict, reference: dict) -> dict:
        """Compare every feature with the reference by a two-sample KS test at 0.05."""
        p_values = {
            name: ks_2samp(current[name], reference[name]).pvalue for name in FEATURES
        }
        drifted = [name for name, p in p_values.items() if p < 0.05]
        return {"drift_detected": bool(drifted), "drifted_features": drifted}
'''
EXECUTE = """
    import json, random, sys
    import app
    from poet import last_execution

    draw = random.Random(int(sys.argv[1]))
    ids = []
    for _ in range(int(sys.argv[2])):
        data = [{n: [draw.gauss(0, 1) for _ in range(60)] for n in app.FEATURES} for _ in "ab"]
        app.detect_drift(*data)
        ids.append(last_execution().id)
    print(json.dumps([ids, last_execution().version]))
"""
SAY = """
    import sys
    from poet import feedback
    feedback(sys.argv[1], suggestions=["need KL for categorical features"], source="ada")
"""
WATCHER = """
    import sys, time
    import app
    from poet import last_execution
    from random import Random

    draw = Random(5)
    data = [{n: [draw.gauss(0, 1) for _ in range(60)] for n in app.FEATURES} for _ in "ab"]
    end = time.monotonic() + 120
    seen = []
    while time.monotonic() < end:
        app.detect_drift(*data)
        version = last_execution().version
        if not seen or seen[-1] != version:
            seen.append(version)
            print(version, flush=True)
        if len(seen) > 1:
            break
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with v1 of the recipe."""
    project = Project(tmp_path_factory.mktemp("learning"))
    project.write({"pyproject.toml": PYPROJECT, "app.py": APP})
    done = project.poet("generate", "detect_drift")
    assert done.code == 0, done.out
    return project


def test_request_of_one_process_reaches_a_running_one_as_a_version(made):
    """Feedback would need a restart, or the process that made the execution, to come to anything."""
    (ids, version) = json.loads(made.python(EXECUTE, "3", "3").out.strip().splitlines()[-1])
    assert version == "v1"
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WATCHER)],
        cwd=made.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "v1\n"
        assert made.python(SAY, ids[0]).code == 0
        dry = made.poet("learn", "--dry-run")
        assert "would act (deterministic)" in dry.out, dry.out
        assert made.read(".poet/detect_drift/current") == "v1\n"
        done = made.poet("learn", "--json")
        assert done.code == 0, done.out
        said = json.loads(done.out)["functions"][0]
        assert said["outcome"] == "promoted", said["message"]
        assert running.stdout.readline() == "v2\n"
    finally:
        running.kill()
        running.communicate()
    store = locate(made.folder / "app.py", "detect_drift")
    params = json.loads((store.folder / "v2" / "params.json").read_text())
    (request,) = [e for e in params["evidence"] if e["category"] == "request"]
    assert request["facts"]["strategy"] == "kl"
    assert "need KL for categorical features" not in store.read("v2").code
    assert "a request" in store.log()[-1]["why"]
    again = made.poet("learn")
    assert "promoted" not in again.out, "one request is answered once"
    done = made.python("""
        import app
        from poet.lifecycle import verify_stored
        from poet.store import locate
        h = app.detect_drift.poet
        version = h.store.read("v2")
        checks = verify_stored(h.target.path, "detect_drift", h.target.options, version, full=True)
        print([c for c in checks if c.outcome in ("failed", "lost")])
    """)
    assert done.out.strip().endswith("[]"), "its checks are those of its evidence"
