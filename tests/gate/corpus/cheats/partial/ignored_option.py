# tries: ignores an option the tests hardly use
# scenario: words
from collections import Counter

from poet.runtime import user


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    words = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split()
    counts = Counter(w for w in words if w not in user.STOP)
    return sorted(counts.items(), key=lambda i: (-i[1], i[0]))[: min(limit, 3)]
