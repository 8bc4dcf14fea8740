"""The user's module of these tests: one function for each decision the recipe takes."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["CASES", "SOURCE", "Case"]


class Case(NamedTuple):
    """What the recipe has to decide for one function of ``SOURCE``.

    Attributes:
        options: Of its decorator.
        retry: What is repeated.
        timeout: How it is ended.
        notes: Texts that the notes hold.
        code: Texts that the code holds.
        lacks: Texts that the code does not hold.
    """

    options: dict[str, Any]
    retry: str | None = None
    timeout: str | None = None
    notes: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


SOURCE = '''
import asyncio
import datetime as dt
import queue
import shutil
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Optional, Protocol, TypedDict, Union
from urllib.request import Request, urlopen

import numpy as np
import polars as pl

LIMIT = 7
NOTHING = object()
WAITING = queue.Queue()


@dataclass
class Order:
    number: int = 0


class Row(TypedDict):
    key: str


def charge(order):
    return order


def plain(a: int, b: float = 2.0, name: str = 'x') -> float:
    return a + b


def unions(
    a: Optional[int], b: Union[str, None] = None, c: "list[int] | None" = None,
    d: Annotated[int, "kg"] = 1, e: Literal["a"] = "a", f: Row = None, g: Any = None,
    h: Callable[[int], int] = None, i: Mapping[str, int] = {}, j: Sequence[float] = (),
) -> dict[str, int]:
    return {}


def frames(a: np.ndarray, b: pl.DataFrame, c: pl.Series = None) -> "pl.DataFrame":
    return b


def own_class(order: Order, when: date, amount: Decimal = Decimal(1)) -> Order:
    return order


def odd_defaults(a: int = LIMIT, b=NOTHING, *, c: list = [], d="it's", e=b'y', f=-1) -> None:
    return None


def long_default(a: str = "a text that is much too long to be copied into a signature of its own") -> str:
    return a


def collects(first, /, *rest: int, key: str = "k", **more: Any) -> tuple:
    return (first, rest, key, more)


def own_names(
    baseline: int, retry: str, expect: bool = True, user=None, observe=None, default=NOTHING, Retry=1
) -> str:
    return str(baseline)


def hides_builtins(type: str, list: list, date: date, int: int = 0) -> "list":
    return [type]


def returns_complex(a: complex) -> complex:
    return a


class Shop:
    """A class with methods of every sort."""

    def method(self, a: int, b: int = 2) -> int:
        return a + b

    @classmethod
    def for_class(cls, a: int) -> int:
        return a

    @staticmethod
    def static(a: int) -> int:
        return a


async def waits(url: str) -> str:
    await asyncio.sleep(0)
    return url


async def reads_many(count: int) -> AsyncIterator[int]:
    try:
        for number in range(count):
            yield number
    finally:
        WAITING.put("closed")


async def takes(count: int) -> AsyncIterator[int]:
    sent = yield count
    yield sent


async def catches(count: int) -> AsyncIterator[int]:
    try:
        yield count
    except ValueError:
        yield -1


def yields(count: int) -> Iterator[int]:
    yield from range(count)


def one_read(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def two_reads(url: str) -> bytes:
    first = urlopen(url).read()
    return first + urlopen(url).read()


def in_a_loop(urls: list) -> list:
    return [urlopen(u).read() for u in urls]


def sends(url: str, body: bytes) -> bytes:
    return urlopen(url, data=body).read()


def sends_request(url: str, body: bytes) -> bytes:
    request = Request(url, data=body, method="POST")
    return urlopen(request).read()


def charges_then_reads(url: str, orders: list) -> bytes:
    list(map(charge, orders))
    return urlopen(url).read()


def takes_from_queue(url: str, work) -> bytes:
    item = work.get()
    return urlopen(url.format(item)).read()


def notes_in_list(url: str, seen: list) -> bytes:
    seen.append(url)
    return urlopen(url).read()


def counts_in_place(url: str, counter: dict) -> bytes:
    counter["calls"] += 1
    return urlopen(url).read()


def moves_a_file(url: str) -> bytes:
    shutil.copy("a", "b")
    return urlopen(url).read()


def shadowed(url: str, urlopen) -> bytes:
    return urlopen(url)


def builds_its_own(url: str) -> list:
    found = []
    with urlopen(url) as answer:
        for line in answer.readlines():
            found.append(line.decode().strip())
    return found


def idempotent(url: str, body: bytes) -> bytes:
    return urlopen(url, data=body).read()


def patient(url: str) -> bytes:
    return urlopen(url).read()


def takes_timeout(url: str, timeout=None) -> bytes:
    return urlopen(url, timeout=timeout).read()


def strict(a: int, b: str = "x") -> int:
    return a


def strict_without_return(a: int):
    return a


def quick(url: str, timeout_s: float | None = None) -> str:
    return url
'''

# ruff: noqa: E501
CASES = {
    "plain": Case({}, code=('expect("a", a, int)', 'name: str = "x"'), notes=("no retries: it calls nothing",)),
    "unions": Case(
        {},
        code=('expect("a", a, int, None)', 'expect("c", c, list, None)', 'expect("d", d, int)', "Mapping"),
        notes=("no guard on f: Row exists for the type checker only", "no guard on e", "no guard on g"),
    ),
    "frames": Case({}, code=("np.ndarray", "pl.DataFrame", 'expect("c", c, pl.Series, None)')),
    "own_class": Case({}, code=("user.Order", 'expect("when", when, date)')),
    "odd_defaults": Case(
        {}, code=('a: int = DEFAULT_OF_A', 'b=DEFAULT_OF_B', 'c: list = DEFAULT_OF_C', 'd="it\'s"', 'e=b"y"'),
        notes=("no guard on a: its default LIMIT is not a literal",),
    ),
    "long_default": Case({}, code=('default("a")',)),
    "collects": Case({}, code=("first, /, *rest: int, key: str", "baseline(first, *rest, key=key, **more)")),
    "own_names": Case({}, code=("baseline as baseline_", 'DEFAULT_OF_DEFAULT = default_("default")')),
    "hides_builtins": Case(
        {}, notes=("no guard on date", "no guard on list", "no guard on int"), lacks=("type(result)", "isinstance")
    ),
    "returns_complex": Case({}, code=('expect("return", result, complex)',)),
    "Shop.method": Case({}, code=("def method(self, a: int, b: int = 2)", "baseline(self, a, b)")),
    "Shop.for_class": Case({}, code=("baseline(cls, a)",)),
    "Shop.static": Case({}, code=("def static(a: int)",)),
    "waits": Case({"constraints": {"duration_ms": 250}}, timeout="cancel", code=("TIMEOUT_S = 0.25",)),
    "reads_many": Case({}, code=("aclosing",), notes=("no time-out: the caller decides",)),
    "yields": Case({}, code=("yield from baseline(count)",), notes=("no retries: values already handed out",)),
    "one_read": Case(
        {"config": {"attempts": 4, "delay_s": 0.01}}, "before_effect", "calls",
        notes=("retries a refused connection and a failed name look-up: urllib.request.urlopen",),
        code=('attempts=4, delay=0.01, on="before_effect"',),
    ),
    "two_reads": Case({}, timeout="calls", notes=("more than one call may take effect: urlopen (line",)),
    "in_a_loop": Case({}, timeout="calls", notes=("may run more than once",)),
    "sends": Case({}, timeout="calls", notes=("may have taken effect when it fails",)),
    "sends_request": Case({}, timeout="calls", notes=("may have taken effect when it fails",)),
    "charges_then_reads": Case({}, timeout="calls", notes=("more than one call may take effect: map",)),
    "takes_from_queue": Case({}, notes=("more than one call may take effect: work.get",)),
    "notes_in_list": Case({}, timeout="calls", notes=("changes its argument seen",)),
    "counts_in_place": Case({}, timeout="calls", notes=("changes its argument counter",)),
    "moves_a_file": Case({}, timeout="calls", notes=("more than one call may take effect: shutil.copy",)),
    "shadowed": Case({}, notes=("may have taken effect when it fails",)),
    "builds_its_own": Case({}, "before_effect", "calls"),
    "idempotent": Case({"idempotent": True}, "transient", "calls", notes=("idempotent=True is declared",)),
    "patient": Case({"config": {"attempts": 20, "delay_s": 60}}, "before_effect", "calls"),
    "takes_timeout": Case(
        {"config": {"timeout_s": 2.5}}, "before_effect", "hand",
        notes=("hands 2.5 s to timeout",), code=("timeout = TIMEOUT_S if timeout is None else timeout",),
    ),
    "strict": Case({"strict_types": True}, code=('expect("a", a, int, strict=True)',)),
    "strict_without_return": Case({"strict_types": True}, code=("promises nothing that can be tested",)),
    "quick": Case({}, timeout="hand", code=('expect("timeout_s", timeout_s, float, None)',)),
}  # fmt: skip
