"""The line between the judging process and the one that runs the tests: no damaged frame is taken."""

from __future__ import annotations

import socket

import pytest

from poet.gate.sandbox.protocol import frame
from pytest_poet.bridge import Line, LineError

NONCE = "0123456789abcdef"


@pytest.fixture
def pair():
    """Two connected sockets."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def framed(number, nonce=NONCE, content=None):
    return frame({"nonce": nonce, "number": number, "content": content or {"op": "x"}})


def test_frames_arrive_in_order_and_the_nonce_is_learnt_once(pair):
    """A report would reach the judge changed, or not at all."""
    ours, theirs = (Line(s.fileno(), n) for s, n in zip(pair, (NONCE, ""), strict=True))
    ours.send({"a": [1, "x", b"\x00", None, 2.5]})
    assert theirs.receive() == {"a": [1, "x", b"\x00", None, 2.5]}
    assert theirs.nonce == NONCE
    for number in range(3):
        theirs.send({"n": number})
    assert [ours.receive()["n"] for _ in range(3)] == [0, 1, 2]
    pair[1].close()
    assert ours.receive() is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (framed(1, nonce="f" * 16), "without this run's nonce"),
        (framed(1, nonce=""), "without this run's nonce"),
        (framed(2), "frame 2 came where 1 is due"),
        (framed("1"), "frame '1' came where 1 is due"),
        (framed(1)[:-3], "cut short"),
        (framed(1)[:2], "cut short"),
        (b"\xff\xff\xff\xff", "bytes, at most"),
        (b"\x00\x00\x00\x00", "bytes, at most"),
        (b"\x00\x00\x00\x04junk", "cannot be read"),
        (frame([1, 2]), "cannot be read"),
        (frame({"nonce": NONCE, "number": 1}), "cannot be read"),
        (frame({"nonce": NONCE, "number": 1, "content": 3}), "without content"),
        (frame({"nonce": 7, "number": 1, "content": {}}), "without this run's nonce"),
        (b"..\n1 passed in 0.01s\n", "bytes, at most"),
    ],
)
def test_what_is_no_frame_of_the_run_is_refused(pair, data, why):
    """Whatever writes to the line could report that tests passed."""
    ours, theirs = pair
    theirs.sendall(data)
    theirs.close()
    with pytest.raises(LineError, match=why):
        Line(ours.fileno(), NONCE).receive()


def test_a_repeated_frame_is_refused(pair):
    """One report could count twice."""
    ours, theirs = pair
    theirs.sendall(framed(1) * 2)
    line = Line(ours.fileno(), NONCE)
    assert line.receive() == {"op": "x"}
    with pytest.raises(LineError, match="frame 1 came where 2 is due"):
        line.receive()
