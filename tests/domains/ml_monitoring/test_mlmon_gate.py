"""The detectors through the real gate: audit, and every check in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import spec_of

from poet.gate import judge
from poet.generate import with_header
from poet_domain_ml_monitoring._domain import DOMAIN


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_gate_accepts_the_detector(name, tmp_path):
    """A user's function would be refused although its detector is right."""
    user = FUNCTIONS[name]
    spec = spec_of(tmp_path, user.text, user.name, **user.options)
    code = with_header(
        DOMAIN.recipe(spec).source, spec, DOMAIN.name, "recipe/ml_monitoring/compare"
    )
    verdict = judge(code, spec, DOMAIN, import_name=Path(spec.path).stem, filename="<candidate>")
    assert verdict.accepted, verdict.explain()
    assert sum(check.compared for check in verdict.checks) >= 5
