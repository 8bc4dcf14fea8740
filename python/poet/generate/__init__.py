"""Turning a spec into a candidate. A generator never touches the store and never judges."""

from __future__ import annotations

from poet.generate.providers import Candidate, RecipeProvider, submitted, with_header, written
from poet.generate.render import (
    fixed_defaults,
    is_constant,
    is_literal,
    literal,
    passing,
    render_call,
    render_def,
    render_import,
)

__all__ = [
    "Candidate",
    "RecipeProvider",
    "fixed_defaults",
    "is_constant",
    "is_literal",
    "literal",
    "passing",
    "render_call",
    "render_def",
    "render_import",
    "submitted",
    "with_header",
    "written",
]
