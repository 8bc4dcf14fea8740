"""Providers that plugins bring: what is one, and what is said of what is none."""

from __future__ import annotations

import pytest

from poet.errors import PluginError
from poet.plugins import _check_provider


class Whole:
    name = "mine"

    async def describe(self, model, api_base): ...

    async def complete(self, request, *, timeout): ...

    async def close(self): ...


def test_what_completes_conversations_is_a_provider():
    """A plugin written to the documented protocol would be turned away."""
    _check_provider(Whole())


@pytest.mark.parametrize(
    "name", ["litellm", "recipe", "replay", "file", "recipe/mine", "a\nb", "", None, 3]
)
def test_a_name_that_is_taken_or_none_is_refused(name):
    """A plugin could pose as the recipe, whose code is trusted."""
    one = Whole()
    one.name = name
    with pytest.raises(PluginError, match=r"called|without a name"):
        _check_provider(one)


@pytest.mark.parametrize("method", ["describe", "complete", "close"])
def test_a_missing_or_blocking_method_is_named(method):
    """An old or foreign provider would fail in the midst of a run, with a traceback."""
    for attribute, told in ((None, "is no coroutine"), (lambda *_: None, "is no coroutine")):
        one = Whole()
        setattr(one, method, attribute)
        with pytest.raises(PluginError, match=f"async def {method} {told}"):
            _check_provider(one)


def test_a_provider_of_candidates_is_refused():
    """A plugin made for trusted candidates would bypass the sandbox."""

    class Old:
        name = "old"

        def generate(self, spec, domain): ...

    with pytest.raises(PluginError, match=r"async def describe is missing.*request\.Provider"):
        _check_provider(Old())
