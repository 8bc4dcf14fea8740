"""The audit on the corpus: what must be refused is, and honest code is not."""

from __future__ import annotations

import time

import pytest
from corpus_audits import accepted_attacks, findings, probe_scenario, refused_honest
from corpus_judge import spec_of
from corpus_tools import LAYERS, candidates, scenarios

ATTACKS = candidates("attacks")
HONEST = candidates("honest")
CHEATS = candidates("cheats")
PROOFS = {"secret", "files", "network", "victim", "process", "limits"}
PROOFS |= {"forged", "seconds", "calls", "reported"}


def test_the_corpus_is_as_large_as_it_says():
    """Figures in the security guide would rest on a handful of examples."""
    assert len(ATTACKS) >= 220
    assert len(HONEST) >= 110
    assert len(CHEATS) >= 70
    names = [c.name for group in (ATTACKS, HONEST, CHEATS) for c in group]
    assert len({c.name for c in ATTACKS}) == len(ATTACKS)
    assert len(names) == len(ATTACKS) + len(HONEST) + len(CHEATS)


def test_every_file_says_what_it_is():
    """A file whose head has a misspelt word would be run for nothing, or not at all."""
    known = scenarios()
    for attack in ATTACKS:
        assert attack.facts.get("tries"), attack.name
        assert attack.facts["stopped by"] in LAYERS, attack.name
        assert attack.facts["proof"] in PROOFS, attack.name
        assert attack.facts.keys() <= {"tries", "stopped by", "proof", "control", "machine", "slow"}
    for candidate in (*HONEST, *CHEATS):
        assert candidate.facts.get("shows") or candidate.facts.get("tries"), candidate.name
        assert candidate.facts["scenario"] in known, candidate.name


def test_every_attack_that_the_audit_must_refuse_is_refused(tmp_path):
    """Code that reaches for files, processes or POET itself would get as far as the sandbox."""
    accepted = accepted_attacks(ATTACKS, tmp_path)
    total = sum(a.facts["stopped by"] == "audit" for a in ATTACKS)
    assert not accepted, f"{len(accepted)} of {total} accepted: {accepted}"


def test_honest_code_is_not_refused(tmp_path):
    """Well engineered code would be sent back for no reason: at most one in a hundred may be."""
    known = {name: s.copy_to(tmp_path) for name, s in scenarios().items()}
    refused = refused_honest(HONEST, known)
    assert len(refused) <= len(HONEST) // 100, f"{len(refused)} of {len(HONEST)} refused: {refused}"


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.kind == "parser"], ids=lambda a: a.name)
def test_a_strange_text_is_a_verdict_not_a_traceback(attack, tmp_path):
    """A candidate could end the gate by text that the parser cannot bear."""
    spec, domain = spec_of(probe_scenario(tmp_path))
    start = time.process_time()
    for finding in findings(attack, spec, domain):
        assert finding.line >= 1
        assert len(finding.message) < 1000
    assert time.process_time() - start < 30, "it takes the gate's own time"
