# shows: assignment expressions and a closure
# scenario: words
from poet.runtime import user


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}

    def take(word: str) -> None:
        if word and word not in user.STOP:
            counts[word] = counts.get(word, 0) + 1

    rest = "".join(c if (c.isalnum() or c == "'") else "\n" for c in text.lower())
    while rest:
        word, _, rest = rest.partition("\n")
        take(word)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
