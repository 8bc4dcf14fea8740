"""The words a text uses most."""

from poet import poet

STOP = {"a", "an", "the", "and", "of", "to", "in"}


@poet()
def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    """Return the most used words with their counts, ties in the order of the alphabet."""
    counts: dict[str, int] = {}
    word = ""
    for char in text.lower() + " ":
        if char.isalnum() or char == "'":
            word += char
        elif word:
            if word not in STOP:
                counts[word] = counts.get(word, 0) + 1
            word = ""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
