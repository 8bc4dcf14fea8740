# shows: re.findall and collections.Counter
# scenario: words
import re
from collections import Counter

from poet.runtime import user

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]*)*|'[^\W_']*(?:'[^\W_]*)*")


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    stop = user.STOP
    counts = Counter(word for word in _WORD.findall(text.lower()) if word not in stop)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
