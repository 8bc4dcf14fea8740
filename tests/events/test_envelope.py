"""What every event carries, and what is refused."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.errors import EventError
from poet.events import MAX_EVENT_BYTES, encode, new_event, timestamp, uuid7


def test_ids_are_version_7_and_in_order():
    """A reader could not sort events, or a tool would refuse the ids."""
    ids = [uuid7() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    for text in ids[::997]:
        parsed = uuid.UUID(text)
        assert parsed.version == 7
        assert parsed.variant == uuid.RFC_4122
        assert str(parsed) == text


def test_ids_carry_their_time_and_never_go_back():
    """After a step of the clock new events would sort before old ones."""
    later = 4_102_444_800_000  # milliseconds; in 2100, so that it leads this process's clock
    first = uuid7(later * 1_000_000)
    assert int(first.replace("-", "")[:12], 16) >= later
    many = [uuid7((later - 3_600_000) * 1_000_000) for _ in range(10_000)]
    assert [first, *many] == sorted([first, *many])


def test_time_is_rfc_3339():
    """Another program could not read when something happened."""
    assert timestamp(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", timestamp())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda t: t.isascii() or t.encode("utf-8", "ignore").decode() == t),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
)  # fmt: skip


@given(st.dictionaries(st.text("abc."), JSON, max_size=4))
def test_any_json_is_kept(payload):
    """A value would come back as another one, or split the line it stands in."""
    line = encode(new_event("a.b", payload))
    assert b"\n" not in line
    assert json.loads(line)["payload"] == payload


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"a": float("nan")}, "payload.a"),
        ({"a": {"b": [1, {"c": float("inf")}]}}, "payload.a.b[1].c"),
        ({"a": [0, float("-inf")]}, "payload.a[1]"),
        ({"a": 1, "b": object()}, "payload.b"),
        ({"a": {1, 2}}, "payload.a"),
        ({"a": b"bytes"}, "payload.a"),
        ({"a": {"b": "\ud800"}}, "payload.a.b"),
        ({("a", 1): 2}, "payload.('a', 1)"),
    ],
)
def test_what_is_not_json_is_named(payload, field):
    """A person would search a large payload for the one value that cannot be stored."""
    with pytest.raises(EventError, match="is not JSON") as caught:
        encode(new_event("drift.detected", payload))
    assert f"field {field!r}" in caught.value.what
    assert caught.value.where == "event of type 'drift.detected'"
    assert "finite" in caught.value.hint


def test_circles_and_depth_are_named():
    """A payload that holds itself would end the caller with a RecursionError."""
    circle: list[object] = []
    circle.append(circle)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    table: dict[str, object] = {}
    table["again"] = table
    for value in (circle, deep, table):
        with pytest.raises(EventError, match=r"field 'payload\.x"):
            encode(new_event("a.b", {"fine": 1, "x": value}))


@pytest.mark.parametrize("payload", [[1], "text", None, 3])
def test_payload_is_an_object(payload):
    """A reader that expects named facts would fail on the event, long after it was written."""
    with pytest.raises(EventError, match="payload"):
        encode(new_event("a.b", payload))


def test_size():
    """One event with a data frame in it would fill the disk, or nobody would know which field."""
    room = MAX_EVENT_BYTES - len(encode(new_event("a.b", {"x": ""})))
    assert len(encode(new_event("a.b", {"x": "y" * room}))) == MAX_EVENT_BYTES
    with pytest.raises(EventError, match="1,048,577 bytes, more than 1,048,576") as caught:
        encode(new_event("a.b", {"x": "y" * (room + 1)}))
    assert "payload.x" in caught.value.where
    with pytest.raises(EventError, match="more than"):
        encode(new_event("a.b", {"x": "ü" * (room // 2 + 1)}))
    with pytest.raises(EventError, match="more than"):
        encode(new_event("a.b", {}, correlation_id="z" * MAX_EVENT_BYTES))


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b", "a b", "a-b", "1a", "a.\n"])
def test_type_is_a_dotted_name(name):
    """Queries by the first part of a type would miss events."""
    with pytest.raises(EventError, match="not a dotted name"):
        new_event(name, {})
