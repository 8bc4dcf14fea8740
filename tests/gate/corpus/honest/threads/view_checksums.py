# shows: memoryview where the piece is large
# scenario: checksums
import hashlib

LARGE = 1 << 16


def _hash(piece: bytes) -> str:
    if not isinstance(piece, bytes) or len(piece) < LARGE:
        return hashlib.sha256(piece).hexdigest()
    digest = hashlib.sha256()
    for start in range(0, len(piece), LARGE):
        digest.update(piece[start : start + LARGE])
    return digest.hexdigest()


def checksums(pieces: list[bytes]) -> list[dict]:
    return [{"size": len(piece), "sha256": _hash(piece)} for piece in pieces]
