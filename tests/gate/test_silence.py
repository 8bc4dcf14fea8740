"""Warnings kept quiet by several threads at once."""

from __future__ import annotations

import os
import threading
import warnings

import pytest

from poet.codec.silence import silenced


def test_overlapping_threads_leave_the_filters_as_they_were():
    """After two judgements at once the user's process would show no warning any more."""
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    before = list(warnings.filters)

    def first():
        with silenced():
            first_is_in.set()
            second_is_in.wait(10)
        first_is_out.set()

    def second():
        first_is_in.wait(10)
        with silenced():
            second_is_in.set()
            first_is_out.wait(10)
            warnings.warn("nobody hears this", UserWarning, stacklevel=1)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        inside = list(warnings.filters)
        threads = [threading.Thread(target=f) for f in (first, second)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert list(warnings.filters) == inside
        warnings.warn("everybody hears this", UserWarning, stacklevel=1)
    assert [str(w.message) for w in heard] == ["everybody hears this"]
    assert list(warnings.filters) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_meanwhile_is_not_silent():
    """A server that forks while it decodes would wait for ever, or lose every warning of the child."""
    before = list(warnings.filters)
    with silenced():
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                same = list(warnings.filters) == before
                with silenced():
                    pass
                status = 0 if same else 2
            finally:
                os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
