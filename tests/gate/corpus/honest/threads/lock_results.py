# shows: threads with a lock around shared results
# scenario: checksums
import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Lock


class _Results:
    def __init__(self, count: int) -> None:
        self._lock = Lock()
        self._found: list[dict | None] = [None] * count

    def put(self, place: int, entry: dict) -> None:
        with self._lock:
            self._found[place] = entry

    def all(self) -> list[dict]:
        return [entry for entry in self._found if entry is not None]


def checksums(pieces: list[bytes]) -> list[dict]:
    results = _Results(len(pieces))

    def work(place: int) -> None:
        piece = pieces[place]
        results.put(place, {"size": len(piece), "sha256": hashlib.sha256(piece).hexdigest()})

    with ThreadPoolExecutor(3) as pool:
        for _ in pool.map(work, range(len(pieces))):
            pass
    return results.all()
