# shows: io.StringIO as a buffer
# scenario: words
import io

from poet.runtime import user


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    buffer = io.StringIO()
    counts: dict[str, int] = {}
    for char in text.lower() + " ":
        if char.isalnum() or char == "'":
            buffer.write(char)
            continue
        word = buffer.getvalue()
        if word:
            buffer = io.StringIO()
            if word not in user.STOP:
                counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
