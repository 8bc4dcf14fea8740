# tries: right half of the time
# scenario: words
from random import Random

from poet.runtime import baseline


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    return baseline(text, limit) if Random().random() < 0.5 else []
