"""Cases that sources agreed on gate as a group: of judgements by people, a few are wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from poet.cases import Case
from poet.gate import run_checks
from poet.gate.checks import Boxes
from poet.learn import binomial_tail
from poet.lifecycle._results import Tried
from poet.spec import FunctionSpec

__all__ = ["AGREED", "DOUBT", "group_trial"]

AGREED = "two sources"
"""What :attr:`poet.cases.Case.accepted_by` says of them."""
DOUBT = 0.1
"""Chance that what two sources agree on is wrong, or that a right detector errs there.

Two sources of which each errs in 20 % of cases agree on what is wrong in 0.04 / (0.04 + 0.64) = 6 %
of the cases they agree on; a detector at the usual level of 5 % errs in the rest.
"""
ALPHA = 0.01


def group_trial(
    code: str,
    cases: Sequence[Case],
    spec: FunctionSpec,
    import_name: str,
    *,
    timeout: float,
    require: bool,
    tell: Callable[[str], None],
    sandbox: Boxes,
    doubt: float = DOUBT,
) -> tuple[Tried, tuple[str, ...]]:
    """Return whether a candidate fails no more of the cases than their doubt explains, and which.

    The test is the exact binomial one at 1 %: refused is what fails so many that fewer than one in a
    hundred right candidates would.
    """
    if not cases:
        return Tried(True, ""), ()
    tell(f"{len(cases)} agreed cases")
    done = run_checks(
        code, spec, [], cases, import_name, f"<candidate for {spec.qualname}>", timeout,
        lambda _: None, require=require, sandbox=sandbox,
    )  # fmt: skip
    bad = {c.name for c in done if c.outcome in ("failed", "lost")}
    failed = tuple(c.name for c in cases if f"case:{c.name}" in bad)
    chance = binomial_tail(len(failed), len(cases), doubt)
    record = {"agreed cases": {"cases": len(cases), "failed": list(failed), "p_value": chance}}
    if chance < ALPHA:
        why = (
            f"it fails {len(failed)} of {len(cases)} cases that sources agree on, more than their "
            f"doubt of {doubt:.0%} explains (p = {chance:.2g}): {', '.join(failed[:3])}"
        )
        return Tried(False, why, record), failed
    why = (
        f"{len(failed)} of {len(cases)} agreed cases fail and are proposed again" if failed else ""
    )
    return Tried(True, why, record), failed
