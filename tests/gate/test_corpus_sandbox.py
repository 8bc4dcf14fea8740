"""The sandbox on the corpus, with the audit switched off: nothing gets out, honest code works."""

from __future__ import annotations

import pytest
from corpus_host import Host
from corpus_judge import answers, honest_problem, spec_of
from corpus_runs import Escape, run_bare, run_confined, warm_up
from corpus_tools import attacks, candidates, sample, scenarios

from poet.gate.sandbox import missing_layers

needs_confinement = pytest.mark.skipif(
    bool(missing_layers()), reason=f"missing here: {'; '.join(missing_layers())}"
)
SAMPLE = [a for a in sample(attacks()) if "slow" not in a.facts]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    with Host(tmp_path_factory.mktemp("h")) as found:
        yield found


def escapes(host, chosen):
    """Run attacks one after the other; return those that achieved anything."""
    warm_up(host)
    runs = [(a.name, run_confined(host, a)) for a in chosen]
    return [Escape(name, tuple(r.effects)) for name, r in runs if r.effects]


def report(found, chosen):
    return f"{len(found)} escapes of {len(chosen)} attacks:\n" + "\n".join(map(str, found))


@needs_confinement
def test_no_attack_of_the_sample_escapes(host):
    """A candidate could read a secret, reach a server, harm a process or change a file."""
    found = escapes(host, SAMPLE)
    assert not found, report(found, SAMPLE)


@pytest.mark.soak
@needs_confinement
def test_no_attack_escapes(host):
    """A candidate could read a secret, reach a server, harm a process or change a file."""
    chosen = attacks()
    found = escapes(host, chosen)
    assert not found, report(found, chosen)


def check_controls(tmp_path, chosen):
    """Run harmless attacks with nothing around them; return those that nobody noticed."""
    missed = []
    for number, attack in enumerate(chosen):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Host(folder) as host:
            if not run_bare(host, attack):
                missed.append(attack.name)
    return missed


def controls():
    return [a for a in attacks() if a.facts.get("control") == "safe"]


def test_what_an_attack_does_is_noticed(tmp_path):
    """The count of escapes would be 0 because nobody looks."""
    chosen = sample(controls(), 40)
    missed = check_controls(tmp_path, chosen)
    assert not missed, f"{len(missed)} of {len(chosen)} not noticed: {missed}"


@pytest.mark.soak
def test_what_every_harmless_attack_does_is_noticed(tmp_path):
    """The count of escapes would be 0 because nobody looks."""
    chosen = controls()
    missed = check_controls(tmp_path, chosen)
    assert not missed, f"{len(missed)} of {len(chosen)} not noticed: {missed}"


def problems(tmp_path, chosen):
    known = {name: s.copy_to(tmp_path) for name, s in scenarios().items()}
    baselines = {}
    for name in {c.facts["scenario"] for c in chosen}:
        scenario = known[name]
        inputs = [*scenario.cases, *scenario.hidden]
        baselines[name] = answers(spec_of(scenario)[0], None, inputs)
        assert len(baselines[name]) == len(inputs), baselines[name]
        assert all(isinstance(a, dict) for a in baselines[name]), baselines[name]
        assert any(a["kind"] == "returned" for a in baselines[name])
    found = {}
    for candidate in chosen:
        name = candidate.facts["scenario"]
        problem = honest_problem(known[name], candidate, baselines[name])
        if problem:
            found[candidate.name] = problem
    return found


def test_honest_code_of_the_sample_works_in_the_sandbox(tmp_path):
    """Well engineered code would fail for want of threads, an event loop, NumPy or Polars."""
    chosen = sample(candidates("honest"))
    found = problems(tmp_path, chosen)
    assert not found, f"{len(found)} of {len(chosen)} fail: {found}"


@pytest.mark.soak
def test_honest_code_works_in_the_sandbox(tmp_path):
    """Well engineered code would fail for want of threads, an event loop, NumPy or Polars."""
    chosen = candidates("honest")
    found = problems(tmp_path, chosen)
    assert not found, f"{len(found)} of {len(chosen)} fail: {found}"
