# shows: itertools.groupby over characters
# scenario: words
from collections import Counter
from itertools import groupby

from poet.runtime import user


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "'"


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    runs = ("".join(run) for inside, run in groupby(text.lower(), key=_in_word) if inside)
    counts = Counter(word for word in runs if word not in user.STOP)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
