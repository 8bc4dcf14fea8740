"""Frames: whatever a worker writes, its parent reads plain data of bounded size or nothing."""

from __future__ import annotations

import os

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.gate.sandbox.protocol import (
    HEADER,
    MAX_FRAME,
    FrameError,
    frame,
    frame_size,
    read_frame,
    unpack,
    write_all,
)

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@given(PLAIN)
def test_plain_data_comes_back_as_it_was(value):
    """A value would be judged that the candidate never returned."""
    found = frame(value)
    assert frame_size(found) == len(found) - HEADER
    assert unpack(found[HEADER:]) == value


@given(st.binary())
def test_any_bytes_are_data_or_an_error(data):
    """A worker that writes rubbish would crash the gate instead of failing its check."""
    try:
        unpack(data)
    except FrameError:
        return


@pytest.mark.parametrize(
    "data",
    [
        msgpack.packb(msgpack.ExtType(4, b"cpickle")),
        msgpack.packb({1: 2}),
        b"\x91" * 5000 + b"\xc0",
        msgpack.packb([1]) + msgpack.packb([2]),
        b"\xdd\xff\xff\xff\xff",
    ],
    ids=["extension", "keys that are no text", "bottomless", "two at once", "a promised giant"],
)
def test_what_is_no_plain_data_is_refused(data):
    """An object of the worker's making would be built inside the gate."""
    with pytest.raises(FrameError):
        unpack(data)


@pytest.mark.parametrize("size", [0, MAX_FRAME + 1, 2**32 - 1])
def test_a_size_that_cannot_be_is_refused_before_it_is_read(size):
    """Four bytes would make the gate reserve gigabytes."""
    with pytest.raises(FrameError):
        frame_size(size.to_bytes(HEADER, "big"))


def test_what_no_frame_can_hold_is_an_error():
    """A request would be cut short on its way, and another one judged."""
    for value in (object(), 2**70, {"x": {1, 2}}):
        with pytest.raises(FrameError, match="no frame can hold"):
            frame(value)
    with pytest.raises(FrameError, match="at most"):
        frame(b"x" * (MAX_FRAME + 1))


def test_a_stream_ends_cleanly_or_in_the_middle():
    """Half an answer would be taken for a whole one."""
    whole = frame("a") + frame("b")
    for data, expected in ((whole, ["a", "b", None]), (whole[:-1], ["a", None])):
        reading, writing = os.pipe()
        write_all(writing, data)
        os.close(writing)
        found = [read_frame(reading) for _ in expected]
        os.close(reading)
        assert found == expected
