"""Checksums of many pieces."""

import hashlib

from poet import poet


@poet()
def checksums(pieces: list[bytes]) -> list[dict]:
    """Return size and SHA-256 of each piece, in order."""
    found = []
    for piece in pieces:
        found.append({"size": len(piece), "sha256": hashlib.sha256(piece).hexdigest()})
    return found
