# shows: os.cpu_count, granted by name
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count


def _checksum(piece: bytes) -> dict:
    return dict(size=len(piece), sha256=hashlib.sha256(piece).hexdigest())


def checksums(pieces: list[bytes]) -> list[dict]:
    with ThreadPoolExecutor(min(4, cpu_count() or 1)) as pool:
        return list(pool.map(_checksum, pieces))
