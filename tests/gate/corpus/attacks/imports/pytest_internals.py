# tries: import the test runner
# stopped by: audit
# proof: reported
import pytest


def probe(place):
    pytest.skip("nothing to see")
