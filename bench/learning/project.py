"""The project of a user: one function as they would write it, and where its state goes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bench.learning.streams import STREAMS

__all__ = ["FUNCTION", "MODULE", "enter_project", "environment", "strategy_of", "write_project"]

MODULE, FUNCTION = "monitor", "detect_drift"
_TEXT = '''\
"""Are the latest rows still like those of the reference?"""

import polars as pl
from scipy.stats import ks_2samp

from poet import poet

FEATURES = {features}


@poet(
    domain="ml_monitoring",
    capabilities=["drift"],
    learning="continuous",
    record="on_feedback",{config}
)
def detect_drift(current: pl.DataFrame, reference: pl.DataFrame) -> dict:
    """Compare every feature with the reference by a two-sample KS test at 0.05."""
    p_values = {{
        name: ks_2samp(current[name].drop_nulls(), reference[name].drop_nulls()).pvalue
        for name in FEATURES
    }}
    drifted = [name for name, p in p_values.items() if p < 0.05]
    return {{"drift_detected": bool(drifted), "drifted_features": drifted}}
'''


def write_project(folder: Path, stream: str) -> Path:
    """Write the project into a new folder and return the folder."""
    folder.mkdir(parents=True)
    known = STREAMS[stream]
    options = {"config": known.config, "constraints": known.constraints}
    config = "".join(f"\n    {name}={given!r}," for name, given in options.items() if given)
    text = _TEXT.format(features=list(known.features), config=config)
    (folder / f"{MODULE}.py").write_text(text.replace("'", '"'), encoding="utf-8")
    project = (
        '[project]\nname = "plant"\nversion = "1"\n\n[tool.poet]\nrecord_mb = 1024\ncool_down = 1\n'
    )
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return what a process of the project sees: live state in ``home``, no settings from outside."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("POET_")}
    paths = [str(Path(__file__).parents[2]), *filter(None, [kept.get("PYTHONPATH")])]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "POET_HOME": str(home),
        "POET_MODE": "locked",
        "POET_LLM": "off",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def strategy_of(project: Path, version: str) -> dict[str, object]:
    """Return what a version is: its recipe, and the evidence it was made of."""
    folder = project / ".poet" / FUNCTION / version
    made = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    params = json.loads((folder / "params.json").read_text(encoding="utf-8"))
    evidence = [
        {"name": e["name"], "summary": e["summary"], "facts": e["facts"]}
        for e in params.get("evidence", [])
    ]
    return {
        "strategy": str(made["generator"]).rpartition("/")[2],
        "evidence": evidence,
        "notes": made["notes"],
    }


def enter_project(project: Path) -> None:
    """Make this process one of the project's: its folder is the working folder, and importable."""
    os.chdir(project)
    sys.path.insert(0, str(project))
