# shows: str.split after mapping other characters to blanks
# scenario: words
from collections import defaultdict

from poet.runtime import user


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    cleaned = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower())
    counts: dict[str, int] = defaultdict(int)
    for word in cleaned.split(" "):
        if word and word not in user.STOP:
            counts[word] += 1
    ranked = sorted(sorted(counts), key=lambda word: counts[word], reverse=True)
    return [(word, counts[word]) for word in ranked][:limit]
