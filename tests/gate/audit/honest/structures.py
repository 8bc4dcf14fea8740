from __future__ import annotations

import abc
import bisect
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import IntEnum, StrEnum, auto
from functools import cached_property, lru_cache, partial, reduce
from types import MappingProxyType
from typing import (
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
)

T = TypeVar("T")
Num: TypeAlias = int | float
DEFAULTS: Mapping[str, int] = MappingProxyType({"a": 1})


class Level(IntEnum):
    LOW = auto()
    HIGH = auto()


class Color(StrEnum):
    RED = "red"

    @classmethod
    def _missing_(cls, value):
        return cls.RED


class Shape(abc.ABC):
    registry: ClassVar[dict[str, type[Shape]]] = {}

    @property
    @abc.abstractmethod
    def area(self) -> float: ...

    def __lt__(self, other: Shape) -> bool:
        return self.area < other.area


@dataclass(slots=True, frozen=True, kw_only=True)
class Sq(Shape):
    side: float
    meta: dict = field(default_factory=dict, compare=False)

    def __post_init__(self):
        if self.side < 0:
            raise ValueError(f"{type(self).__name__}: side must be >= 0, got {self.side}")
        object.__setattr__(self, "side", float(self.side))

    @property
    def area(self):
        return self.side**2

    def to_dict(self):
        return {f.name: self.side for f in fields(self)} | asdict(self)

    @classmethod
    def of(cls, side) -> Self:
        return cls(side=side)


class Stack(Generic[T]):
    def __init__(self, items: Iterable[T] = ()) -> None:
        self.__items: list[T] = list(items)

    def __iter__(self) -> Iterator[T]:
        yield from self.__items

    def __len__(self) -> int:
        return len(self.__items)

    def __contains__(self, x: object) -> bool:
        return x in self.__items

    def __getitem__(self, i):
        return self.__items[i]

    @cached_property
    def size(self):
        return len(self)


class Node:
    __slots__ = ("_parent", "left", "right", "value")

    def __init__(self, value, parent=None):
        self.value = value
        self.left = self.right = None
        self._parent = parent


class Tree:
    def __init__(self):
        self.root = None

    def insert(self, v):
        if self.root is None:
            self.root = Node(v)
            return
        node = self.root
        while True:
            side = "left" if v < node.value else "right"
            nxt = node.left if side == "left" else node.right
            if nxt is None:
                child = Node(v, parent=node)
                if side == "left":
                    node.left = child
                else:
                    node.right = child
                child._parent = node
                return
            node = nxt


def match_it(cmd, /, *rest, flag: Literal["a", "b"] = "a", **kw):
    match cmd:
        case {"op": "add", "args": [x, y, *_]}:
            return x + y
        case Sq(side=s) if s > 0:
            return s
        case [Color.RED | "red", *others]:
            return others
        case str() | bytes() as t:
            return t
        case None:
            return reduce(lambda a, b: a * b, rest, 1)
        case _:
            return partial(match_it, flag=flag)


@lru_cache(maxsize=128)
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def merge(xs, ys):
    heap = []
    for i, x in enumerate([*xs, *ys]):
        heapq.heappush(heap, (x, i))
    out = [heapq.heappop(heap)[0] for _ in range(len(heap))]
    bisect.insort(out, 3)
    del heap
    return out, fib.cache_info().hits
