"""The whole gate on the corpus: cheats and forgeries are rejected, honest code is accepted."""

from __future__ import annotations

import json
import secrets

import pytest
from corpus_audits import probe_scenario
from corpus_judge import answers, forgery_domain, judged, spec_of
from corpus_tools import CORPUS, attacks, candidates, sample, scenarios

from poet.gate import judge
from poet.gate.sandbox import missing_layers
from poet.testing import Project

needs_confinement = pytest.mark.skipif(
    bool(missing_layers()), reason=f"missing here: {'; '.join(missing_layers())}"
)
ACCEPTED = json.loads((CORPUS / "accepted_cheats.json").read_text())["accepted"]


def verdicts(tmp_path, chosen):
    """Return what the gate says of each candidate."""
    known = {name: s.copy_to(tmp_path) for name, s in scenarios().items()}
    baselines = {
        name: answers(spec_of(known[name])[0], None, known[name].cases)
        for name in {c.facts["scenario"] for c in chosen}
    }
    found = {}
    for candidate in chosen:
        name = candidate.facts["scenario"]
        found[candidate.name] = judged(known[name], candidate.code, baselines[name])
    return found


def check_cheats(tmp_path, chosen):
    """Hold the cheats that are accepted to those that are listed by name."""
    found = verdicts(tmp_path, chosen)
    accepted = {name for name, verdict in found.items() if verdict.accepted}
    listed = {c.name for c in chosen} & ACCEPTED.keys()
    assert accepted == listed, (
        f"{len(accepted)} of {len(chosen)} accepted: {sorted(accepted)}; "
        f"not listed: {sorted(accepted - listed)}; listed and rejected: {sorted(listed - accepted)}"
    )


def test_the_listed_remainder_is_small():
    """The guide would promise what the gate does not do: 95 of 100 cheats are rejected."""
    names = {c.name for c in candidates("cheats")}
    assert ACCEPTED.keys() <= names
    assert len(ACCEPTED) <= len(names) * 0.05
    assert all(ACCEPTED.values()), "each needs its reason"


@needs_confinement
def test_cheats_of_the_sample_are_rejected(tmp_path):
    """A candidate that only knows the tests would become current."""
    check_cheats(tmp_path, sample(candidates("cheats")))


@pytest.mark.soak
@needs_confinement
def test_cheats_are_rejected(tmp_path):
    """A candidate that only knows the tests would become current."""
    check_cheats(tmp_path, candidates("cheats"))


def check_honest(tmp_path, chosen):
    found = verdicts(tmp_path, chosen)
    rejected = {name: v.explain() for name, v in found.items() if not v.accepted}
    assert len(rejected) <= len(chosen) // 100, f"{len(rejected)} of {len(chosen)}: {rejected}"


@needs_confinement
def test_honest_code_of_the_sample_is_accepted(tmp_path):
    """A gate that rejects everything would pass every other test."""
    check_honest(tmp_path, sample(candidates("honest")))


@pytest.mark.soak
@needs_confinement
def test_honest_code_is_accepted(tmp_path):
    """A gate that rejects everything would pass every other test."""
    check_honest(tmp_path, candidates("honest"))


def check_forgeries(tmp_path, monkeypatch, chosen):
    """Judge attacks with the audit switched off, against a value that never enters the worker."""
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_, **__: [])
    spec, _ = spec_of(probe_scenario(tmp_path))
    token = secrets.token_hex(16)
    accepted = []
    for attack in chosen:
        verdict = judge(
            attack.code,
            spec,
            forgery_domain(token),
            import_name="probe_app",
            filename="<a>",
            timeout=2.0,
        )
        if verdict.accepted or any(
            c.kind == "domain" and c.outcome == "passed" for c in verdict.checks
        ):
            accepted.append(attack.name)
    assert not accepted, f"{len(accepted)} of {len(chosen)} forged a verdict: {accepted}"


def forgeries():
    return [a for a in attacks() if a.kind in ("forge_verdict", "tamper_poet", "globals")]


@needs_confinement
def test_no_verdict_of_the_sample_is_forged(tmp_path, monkeypatch):
    """A candidate could tell the gate what it wants to hear."""
    check_forgeries(tmp_path, monkeypatch, sample(forgeries()))


@pytest.mark.soak
@needs_confinement
def test_no_verdict_is_forged(tmp_path, monkeypatch):
    """A candidate could tell the gate what it wants to hear."""
    check_forgeries(tmp_path, monkeypatch, forgeries())


@needs_confinement
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("cheats/exit_codes/os_exit_zero", {3}),
        ("cheats/test_literals/summary_table", {3, 4}),
        ("cheats/lying_eq/equal_to_all", {3, 4}),
        ("cheats/mutation/empties_its_argument", {4}),
        ("honest/statistics/running_class", {0}),
    ],
)
def test_the_command_gives_the_same_verdict(tmp_path, name, codes):
    """The command that people and agents use would judge otherwise than the gate."""
    group, _, rest = name.partition("/")
    (candidate,) = (c for c in candidates(group) if c.name == rest)
    scenario = scenarios()["summary"].copy_to(tmp_path)
    project = Project(scenario.folder)
    project.write({"candidate.py": candidate.code})
    done = project.poet("submit", scenario.function, "candidate.py", "--json")
    assert done.code in codes, done.out
    current = scenario.folder / ".poet" / scenario.function / "current"
    assert current.exists() == (0 in codes)
