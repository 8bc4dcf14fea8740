"""The tables of the security guide: `python -m tests.gate.corpus_report [attacks|honest|cheats]`.

`--sample` takes about a tenth of each.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from corpus_audits import findings, probe_scenario, refused_honest
from corpus_host import Host
from corpus_judge import answers, honest_problem, judged, spec_of
from corpus_runs import run_confined, warm_up
from corpus_tools import Candidate, attacks, candidates, sample, scenarios

from poet.gate.sandbox import missing_layers


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    heads = list(heads)
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def report_attacks(chosen: list[Candidate], folder: Path) -> None:
    """Print for each kind how many the audit refuses and how many escape with the audit off."""
    spec, domain = spec_of(probe_scenario(folder / "probe"))
    count: dict[str, Counter[str]] = defaultdict(Counter)
    ended: Counter[str] = Counter()
    noted = []
    with Host(folder / "host") as host:
        confined = not missing_layers()
        if confined:
            warm_up(host)
        for attack in chosen:
            row = count[attack.kind]
            row["all"] += 1
            row["must"] += attack.facts["stopped by"] == "audit"
            refused = bool(findings(attack, spec, domain))
            row["refused"] += refused
            if attack.facts["stopped by"] == "audit" and not refused:
                noted.append(f"{attack.name}: accepted by the audit")
            if confined:
                ran = run_confined(host, attack)
                ended[ran.ended] += 1
                row["escaped"] += bool(ran.effects)
                noted += [f"{attack.name}: {effect}" for effect in ran.effects]
    rows = [[k, c["all"], c["must"], c["refused"], c["escaped"] if confined else "not run"]
            for k, c in sorted(count.items())]  # fmt: skip
    total: Counter[str] = sum(count.values(), Counter())
    rows.append(["**all**", total["all"], total["must"], total["refused"],
                 total["escaped"] if confined else "; ".join(missing_layers())])  # fmt: skip
    heads = ("kind", "attacks", "the audit must refuse", "the audit refuses", "escapes, audit off")
    _table("Attacks", heads, rows)
    _table("How they ended in the sandbox", ("end", "attacks"), ended.most_common())
    print("\n" + "\n".join(noted or ["no escape, nothing accepted that must be refused"]))


def report_judged(group: str, chosen: list[Candidate], folder: Path) -> None:
    """Print what the audit, the sandbox and the whole gate make of honest candidates or cheats."""
    known = {name: s.copy_to(folder) for name, s in scenarios().items()}
    baselines = {}
    for name in {c.facts["scenario"] for c in chosen}:
        inputs = [*known[name].cases, *known[name].hidden]
        baselines[name] = answers(spec_of(known[name])[0], None, inputs)
    refused = refused_honest(chosen, known)
    count: dict[str, Counter[str]] = defaultdict(Counter)
    noted = []
    for candidate in chosen:
        scenario = known[candidate.facts["scenario"]]
        baseline = baselines[scenario.name]
        verdict = judged(scenario, candidate.code, baseline[: len(scenario.cases)])
        row = count[candidate.kind]
        row["all"] += 1
        row["refused"] += candidate.name in refused
        row["accepted"] += verdict.accepted
        if group == "honest":
            problem = honest_problem(scenario, candidate, baseline)
            row["failing"] += problem is not None
            if problem or not verdict.accepted:
                noted.append(f"{candidate.name}: {problem or ''} {verdict.explain()[:600]}")
        elif verdict.accepted:
            noted.append(f"{candidate.name}: accepted; it {candidate.facts['tries']}")
    count["**all**"] = sum(count.values(), Counter())
    heads = ["kind", "candidates", "refused by the audit", "accepted by the gate"]
    names = ["all", "refused", "accepted"]
    if group == "honest":
        heads.append("failing in the sandbox")
        names.append("failing")
    _table(group.capitalize(), heads, [[k, *(c[n] for n in names)] for k, c in count.items()])
    print("\n" + "\n".join(noted))


def main(arguments: list[str]) -> None:
    """Print the tables that were asked for, all by default."""
    groups = [a for a in arguments if not a.startswith("-")] or ["attacks", "honest", "cheats"]
    for group in groups:
        chosen = attacks() if group == "attacks" else candidates(group)
        if "--sample" in arguments:
            chosen = [c for c in sample(chosen) if "slow" not in c.facts]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "host").mkdir()
            if group == "attacks":
                report_attacks(chosen, folder)
            else:
                report_judged(group, chosen, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
