"""What the tests of the audit share: judging a piece of code beside a plain function."""

from __future__ import annotations

from poet.domain import REVIEWED
from poet.gate import audit

LIBRARIES = dict.fromkeys(("numpy", "polars", "pandas", "scipy"), REVIEWED)
BODY = "\ndef f(x=None):\n    return x\n"


def judged(text, known=frozenset(), grants=LIBRARIES):
    """Return the findings of ``text`` followed by the function it must define."""
    return audit(text + BODY, "f", grants, known)


def rules(text, **more):
    return {finding.rule for finding in judged(text, **more)}
