# shows: heapq.nsmallest where the limit is plain
# scenario: words
import heapq
from collections import Counter

from poet.runtime import user


def _words(text: str):
    word: list[str] = []
    for char in [*text.lower(), " "]:
        if char.isalnum() or char == "'":
            word.append(char)
        elif word:
            yield "".join(word)
            word = []


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    counts = Counter(w for w in _words(text) if w not in user.STOP)
    if limit < 0:
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return heapq.nsmallest(limit, counts.items(), key=lambda item: (-item[1], item[0]))
