"""Cases that sources agreed on gate as a group: of judgements by people, a few are wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from poet.cases import Case
from poet.gate import run_checks
from poet.gate.checks import Boxes
from poet.learn import binomial_tail
from poet.lifecycle._results import Tried
from poet.spec import FunctionSpec

__all__ = ["DOUBT", "group_trial"]

DOUBT = 0.1
"""Chance that what two sources agree on is wrong, or that a right detector errs there.

Two sources of which each errs in 20 % of cases agree on what is wrong in 0.04 / (0.04 + 0.64) = 6 %
of the cases they agree on; a detector at the usual level of 5 % errs in the rest.
"""
ALPHA = 0.01


def group_trial(
    code: str,
    parent: str | None,
    cases: Sequence[Case],
    spec: FunctionSpec,
    import_name: str,
    *,
    timeout: float,
    require: bool,
    tell: Callable[[str], None],
    sandbox: Boxes,
    owed: bool = True,
    doubt: float = DOUBT,
) -> tuple[Tried, tuple[str, ...]]:
    """Return whether a candidate holds what sources agree on well enough, and which cases it fails.

    Of the cases that the parent passes it may fail no more than their doubt explains, by the exact
    binomial test at 1 %: refused is what fails so many that fewer than one in a hundred right
    candidates would. Of those that the parent fails, it must pass half where they are why it is made:
    a large step need not be the last one. What answers to a request or a failure owes them nothing
    yet. How much better it is on all that was recorded is for the replay to say.

    Args:
        code: The candidate.
        parent: Code of the version that is served; None for the function as it was written.
        cases: Those that gate as a group.
        spec: The function.
        import_name: The name under which its module is imported.
        timeout: Seconds one call may take.
        require: Run the candidate only where every layer of confinement is in force.
        tell: Told each step.
        sandbox: Makes the workers.
        owed: Whether the cases that the parent fails are why the candidate is made.
        doubt: Chance that a case is wrong.
    """
    if not cases:
        return Tried(True, ""), ()
    tell(f"{len(cases)} agreed cases")

    def failed_by(which: str | None, confined: bool) -> list[str]:
        done = run_checks(
            which, spec, [], cases, import_name, f"<{spec.qualname}>", timeout, lambda _: None,
            require=confined, sandbox=sandbox,
        )  # fmt: skip
        bad = {c.name for c in done if c.outcome in ("failed", "lost")}
        return [c.name for c in cases if f"case:{c.name}" in bad]

    failed, before = failed_by(code, require), set(failed_by(parent, False))
    lost = [name for name in failed if name not in before]
    kept = len(cases) - len(before)
    still = len(failed) - len(lost)
    chance = binomial_tail(len(lost), kept, doubt)
    record = {
        "agreed cases": {
            "parent passes": kept, "of these failed": lost, "p_value": chance,
            "parent fails": len(before), "still failed": still,
            "passed": [c.name for c in cases if c.name not in failed],
        }
    }  # fmt: skip
    if chance < ALPHA:
        why = (
            f"it fails {len(lost)} of {kept} cases that sources agree on and its parent passes, more "
            f"than their doubt of {doubt:.0%} explains (p = {chance:.2g}): {', '.join(lost[:3])}"
        )
        return Tried(False, why, record), tuple(failed)
    if owed and 2 * still > len(before):
        why = (
            f"it passes {len(before) - still} of {len(before)} cases that sources agree on and its "
            f"parent fails, less than half"
        )
        return Tried(False, why, record), tuple(failed)
    why = (
        f"{len(failed)} of {len(cases)} agreed cases fail and are proposed again" if failed else ""
    )
    return Tried(True, why, record), tuple(failed)
