"""The examples of monitoring, run as a newcomer runs them: in a fresh copy, with no setting."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples" / "monitoring"
PROJECTS = {
    "detect_drift": ("detect_drift", "ks_2samp"),
    "model_agent": ("ModelMonitorAgent.monitor_features", "Importance.given(self.importance)"),
    "production_monitor": (
        "ProductionMonitor.assess_model_health",
        "        self.on_unhealthy(health)\n    return health",
    ),
    "new_features": ("monitor_model_features", 'problem.kind == "new_feature"'),
}


def run(folder, *arguments):
    return started(folder, "pytest", "-q", "--tb=short", *arguments)


def started(folder, module, *arguments):
    return program(folder, "-m", module, *arguments)


def program(folder, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("POET_", "PYTEST_"))}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def test_all_examples_are_tested():
    """An example would rot unseen."""
    found = {path.parent.name for path in EXAMPLES.glob("*/pyproject.toml")}
    assert found == set(PROJECTS)
    for name in found:
        assert {"README.md", "pyproject.toml"} <= {p.name for p in (EXAMPLES / name).iterdir()}


@pytest.mark.parametrize("project", PROJECTS)
def test_an_example_gets_its_version_and_keeps_it(project, tmp_path):
    """A newcomer's first commands would fail, or leave the function as it was."""
    function, shown = PROJECTS[project]
    folder = tmp_path / project
    leave = shutil.ignore_patterns(".poet", "__pycache__")
    shutil.copytree(EXAMPLES / project, folder, ignore=leave)
    assert "1 promoted" in run(folder, "--poet-regenerate")
    version = folder / ".poet" / function / "v1"
    assert shown in (version / "code.py").read_text(encoding="utf-8")
    checks = json.loads((version / "record.json").read_text(encoding="utf-8"))["checks"]
    compared = [c["name"] for c in checks if c["compared"] and c["outcome"] == "passed"]
    assert sum(name.startswith(("drift.", "monitor.")) for name in compared) >= 5
    assert sum("::" in name for name in compared) >= 4
    assert "1 verified" in run(folder)


def test_kl_that_somebody_asks_for_makes_the_second_version(tmp_path):
    """A newcomer who says what is needed would find the same version as before."""
    folder = tmp_path / "detect_drift"
    leave = shutil.ignore_patterns(".poet", "__pycache__")
    shutil.copytree(EXAMPLES / "detect_drift", folder, ignore=leave)
    run(folder, "--poet-regenerate")
    asked = "need KL for categorical features"
    started(folder, "poet", "feedback", "--function", "detect_drift", "--suggest", asked)
    assert "v1 -> v2" in started(folder, "poet", "learn")
    versions = folder / ".poet" / "detect_drift"
    assert (versions / "current").read_text(encoding="utf-8").strip() == "v2"
    assert "kl_divergence" not in (versions / "v1" / "code.py").read_text(encoding="utf-8")
    assert "kl_divergence" in (versions / "v2" / "code.py").read_text(encoding="utf-8")
    assert "1 verified" in run(folder)


def test_a_crash_on_a_new_feature_is_a_case_that_the_next_version_survives(tmp_path):
    """A window that failed in production would fail in the next version as well, and be forgotten."""
    folder = tmp_path / "new_features"
    leave = shutil.ignore_patterns(".poet", "__pycache__")
    shutil.copytree(EXAMPLES / "new_features", folder, ignore=leave)
    store = folder / ".poet" / "monitor_model_features"
    assert "1 promoted" in run(folder, "--poet-regenerate")
    asked = ("--function", "monitor_model_features", "--suggest", "a minimum effect of 0.1")
    started(folder, "poet", "feedback", *asked)
    assert "v1 -> v2" in started(folder, "poet", "learn")

    execution, error = program(folder, "production.py").split()
    assert error == "StatsInputError"
    started(folder, "poet", "feedback", execution, "--kind", "error", "--wrong")
    assert "v2 -> v3" in started(folder, "poet", "learn")

    (case,) = (json.loads(path.read_bytes()) for path in (store / "cases").glob("*.json"))
    assert (case["status"], case["origin"]) == ("active", "failure")
    assert (case["accepted_by"], case["execution_id"]) == ("reproduced", execution)
    assert case["expect"] == {"returns": True}
    code = {name: (store / name / "code.py").read_text(encoding="utf-8") for name in ("v2", "v3")}
    assert "single=True" not in code["v2"]
    assert "single=True" in code["v3"]
    assert "min_effect=0.1" in code["v3"]  # what v2 learnt is kept
    record = json.loads((store / "v3" / "record.json").read_text(encoding="utf-8"))
    outcomes = {c["name"]: c["outcome"] for c in record["checks"] if c["kind"] == "case"}
    assert list(outcomes.values()) == ["passed"]

    answer = program(folder, "production.py")
    assert "'new_features': ['scanner']" in answer
    assert "'drifted_features': []" in answer
    assert "1 verified" in run(folder)
