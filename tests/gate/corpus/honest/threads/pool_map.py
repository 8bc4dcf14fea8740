# shows: a thread pool with ordered results
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor


def _checksum(piece: bytes) -> dict:
    return {"size": len(piece), "sha256": hashlib.sha256(piece).hexdigest()}


def checksums(pieces: list[bytes]) -> list[dict]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(_checksum, pieces))
