# shows: futures collected in the order given
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor

SMALL = 4


def _checksum(piece: bytes) -> dict:
    digest = hashlib.sha256()
    digest.update(piece)
    return {"size": len(piece), "sha256": digest.hexdigest()}


def checksums(pieces: list[bytes]) -> list[dict]:
    if len(pieces) <= SMALL:
        return [_checksum(piece) for piece in pieces]
    with ThreadPoolExecutor(max_workers=SMALL) as pool:
        futures = [pool.submit(_checksum, piece) for piece in pieces]
        return [future.result() for future in futures]
