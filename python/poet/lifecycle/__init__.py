"""From functions to versions: generate, gate, promote. The one place where the three meet."""

from poet.generate.budget import Used
from poet.lifecycle._enhance import enhance, enhance_many
from poet.lifecycle._estimate import Estimate, estimate
from poet.lifecycle._results import (
    Attempt,
    Enhancement,
    Job,
    Progress,
    Rung,
    Step,
    Submission,
    Trial,
    Tried,
)
from poet.lifecycle._submit import submit
from poet.lifecycle._verify_stored import verify_stored
from poet.lifecycle.brief import brief, prompt_for

__all__ = [
    "Attempt",
    "Enhancement",
    "Estimate",
    "Job",
    "Progress",
    "Rung",
    "Step",
    "Submission",
    "Trial",
    "Tried",
    "Used",
    "brief",
    "enhance",
    "enhance_many",
    "estimate",
    "prompt_for",
    "submit",
    "verify_stored",
]
