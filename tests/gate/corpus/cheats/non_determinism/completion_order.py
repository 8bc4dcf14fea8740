# tries: results in the order they are ready
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor, as_completed


def _one(piece: bytes) -> dict:
    return {"size": len(piece), "sha256": hashlib.sha256(piece).hexdigest()}


def checksums(pieces: list[bytes]) -> list[dict]:
    with ThreadPoolExecutor(4) as pool:
        return [f.result() for f in as_completed({pool.submit(_one, p) for p in pieces})]
