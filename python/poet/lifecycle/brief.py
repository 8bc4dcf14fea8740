"""The brief of a function: what a prompt says of it besides its spec, gathered from all floors.

What is hidden from a generator is left out here, and so is every path of this machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from poet.cases import gating, read_cases, shown
from poet.domain import Domain
from poet.errors import PoetError
from poet.gate import (
    Case,
    TestEvidence,
    function_of,
    hidden,
    importable,
    poet_names,
)
from poet.generate.names import describe
from poet.generate.prompt import Facts, Prompt, compose
from poet.generate.providers import without_header
from poet.lifecycle._evidence import evidence_lines, evidence_of, quotes_of
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options
from poet.store import FunctionStore, locate

__all__ = ["brief", "prompt_for"]

CASE = 2000  # characters of one case that is shown


def prompt_for(
    path: Path, qualname: str, options: Options, *, tests: TestEvidence | None = None
) -> Prompt:
    """Return what a model would be asked for a function.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        tests: The user's tests as evidence.

    Raises:
        ConfigError, FunctionError: The function or its options are not ones POET can work on.
        StoreError: A case cannot be read.
    """
    spec, domain = spec_for(path, qualname, options)
    store = locate(path, qualname)
    kept = evidence_of(store.folder / (store.current_or_none() or "none"))
    spec = spec._replace(evidence=kept.evidence)
    return compose(spec, domain, brief(spec, domain, store, tests))


def brief(
    spec: FunctionSpec,
    domain: Domain,
    store: FunctionStore,
    tests: TestEvidence | None,
    *,
    failures: Sequence[str] = (),
) -> Facts:
    """Return the facts of a function's prompt: for the same commit the same ones anywhere.

    Args:
        spec: The function.
        domain: Its domain.
        store: Its versions and cases.
        tests: The user's tests as evidence.
        failures: What is known to be wrong with the current version.

    Raises:
        StoreError: A case cannot be read.
    """
    grants = domain.grants_for(spec).modules
    active = gating(read_cases(store.folder / "cases"))
    kept_back = hidden(spec, [f"case:{c.name}" for c in active])
    visible = [c for c in active if f"case:{c.name}" not in kept_back]
    previous, state = _previous(spec, store)
    return Facts(
        names=describe(poet_names(grants)),
        libraries=importable(grants),
        tests=_tests(spec, tests),
        cases=[_case(c) for c in visible],
        evidence=[
            *evidence_lines(spec.evidence),
            *(f"case `{c.name}`: {' '.join(c.why.split())}" for c in visible if c.why.strip()),
        ],
        quotes=quotes_of(spec.evidence),
        previous=previous,
        previous_state=state,
        failures=list(failures) if previous else [],
    )


def _tests(spec: FunctionSpec, tests: TestEvidence | None) -> dict[str, str]:
    """Return the visible tests; a helper that several of them use stands before the first."""
    offered = getattr(tests, "test_sources", None)
    planned = getattr(tests, "planned", None)
    if offered is None or planned is None:
        return {}
    kept_back = {function_of(n) for n in hidden(spec, planned())}
    sources: Mapping[str, str] = offered()
    shown: dict[str, str] = {}
    seen: set[str] = set()
    for name, text in sources.items():
        if name in kept_back:
            continue
        *helpers, test = text.split("\n\n\n")
        shown[name] = "\n\n\n".join([*(h for h in helpers if h not in seen), test])
        seen.update(helpers)
    return shown


def _case(case: Case) -> str:
    whole = shown(case)
    text = json.dumps({"case": case.name, **whole}, ensure_ascii=False, sort_keys=True)
    if len(text) <= CASE:
        return text
    short: dict[str, Any] = {"case": case.name, "args": "too large to be shown"}
    if len(json.dumps(whole["expect"], ensure_ascii=False, sort_keys=True)) <= CASE:
        short["expect"] = whole["expect"]
    return json.dumps(short, ensure_ascii=False, sort_keys=True)


def _previous(spec: FunctionSpec, store: FunctionStore) -> tuple[str, str]:
    """Return the current version's code, and what is to be known of it; empty for none."""
    try:
        name = store.current()
        if name is None:
            return "", ""
        version = store.read(name)
    except PoetError:
        return "", ""
    maker = str(version.metadata.get("generator", "unknown"))
    made = f"Made by `{maker}`"
    if version.fingerprint == spec.fingerprint:
        state = (
            f"{made}, fresh: it was accepted for the function as it is now. Yours replaces it only "
            "where it is better."
        )
    else:
        state = (
            f"{made}, stale: it was accepted for an earlier state of the function or its options, "
            "and is not what is called now. Take from it what still holds."
        )
    return without_header(version.code), state
