"""The tests' own files: one that hides another is a suite that does not run."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parent


def test_no_file_hides_another() -> None:
    """Tests would import the helpers of another folder, and a whole folder would not be collected."""
    places = defaultdict(list)
    for pattern in ("test_*.py", "*_helpers.py"):
        for path in TESTS.rglob(pattern):
            place = path.relative_to(TESTS)
            if "corpus" not in place.parts:  # projects that tests make up
                places[path.name].append(str(place))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
