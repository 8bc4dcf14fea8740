"""A project with a version that no recipe made, stored as the gate stores an accepted one."""

from __future__ import annotations

import textwrap
from pathlib import Path

from poet.gate.record import make_record
from poet.gate.verify import Check, Verdict, environment
from poet.registry import find, spec_for
from poet.spec import Options, first_party
from poet.store import dump_json, locate, sha256
from poet.testing import Project


class _Handed:
    def __init__(self, code: str, generator: str) -> None:
        self.code = self.source = code
        self.generator = generator


def hand_in(
    project: Project,
    name: str,
    code: str,
    *,
    generator: str = "file",
    layers: dict[str, str] | None = None,
) -> str:
    """Store and promote ``code`` for the function ``name``; return the version's name."""
    code = textwrap.dedent(code).lstrip("\n")
    item = find(name, project.folder)
    spec, domain = spec_for(item.path, item.qualname, Options.parse(item.options or {}, ""))
    checks = (
        Check("audit", "audit", "passed"),
        Check("contract", "contract", "passed"),
        Check("answers", "case", "passed", compared=True),
    )
    rows = layers or {"separate process": "in force", "landlock": "missing: in this test"}
    verdict = Verdict("accepted", checks, 0.1, environment(), rows)
    store = locate(item.path, item.qualname)
    before = store.current_or_none()
    name = store.add(
        code,
        params=dump_json({"options": spec.options.shaping(), "made_with": {}}),
        state=dump_json({}),
        metadata={
            "format": 1,
            "function": spec.qualname,
            "module": store.module,
            "parent": before,
            "created": "2026-01-01T00:00:00Z",
            "generator": generator,
            "llm": "none",
            "domain": {"name": domain.name, "version": domain.version,
                       "recipe_epoch": domain.recipe_epoch},
            "fingerprint": spec.fingerprint,
            "baseline_sha256": sha256(spec.source),
            "first_party": first_party(Path(spec.path), spec.source),
            "user_names": list(spec.user_names),
            "notes": [],
        },
        record=make_record(verdict, spec, _Handed(code, generator)),
    )  # fmt: skip
    store.promote(name, expected=before, reason="handed in by a test")
    return name
