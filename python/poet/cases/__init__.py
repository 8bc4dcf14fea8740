"""Cases and recorded inputs: every lesson from production as a file that the next version must pass."""

from poet.cases._case import Case, Expect, Origin, Status

__all__ = ["Case", "Expect", "Origin", "Status"]
