# tries: threads that never end
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Event

POOL = ThreadPoolExecutor(2)


def checksums(pieces: list[bytes]) -> list[dict]:
    POOL.submit(Event().wait)
    return [{"size": len(p), "sha256": hashlib.sha256(p).hexdigest()} for p in pieces]
