# shows: protocols and type aliases
# scenario: checksums
import hashlib
from collections.abc import Sequence
from typing import Protocol, TypeAlias

Entry: TypeAlias = dict[str, object]


class Hasher(Protocol):
    def __call__(self, piece: bytes) -> str: ...


def _sha256(piece: bytes) -> str:
    return hashlib.sha256(piece).hexdigest()


def _entries(pieces: Sequence[bytes], hasher: Hasher) -> list[Entry]:
    return [{"size": len(piece), "sha256": hasher(piece)} for piece in pieces]


def checksums(pieces: list[bytes]) -> list[dict]:
    return _entries(pieces, _sha256)
