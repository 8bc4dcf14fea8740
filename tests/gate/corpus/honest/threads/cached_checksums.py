# shows: equal pieces are hashed once
# scenario: checksums
from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=128)
def _digest(piece: bytes) -> str:
    return sha256(piece).hexdigest()


def checksums(pieces: list[bytes]) -> list[dict]:
    return [{"size": len(piece), "sha256": _digest(piece)} for piece in pieces]
