# shows: literal str.format, type names, f-strings
# scenario: words
import logging

from poet.runtime import user

log = logging.getLogger(__name__)
NOTE = "{count} words, {kinds} of them different"


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    cleaned = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower())
    for word in cleaned.split():
        if word not in user.STOP:
            counts[word] = counts.get(word, 0) + 1
    log.debug("{} words, {} kinds".format(sum(counts.values()), len(counts)))
    log.debug(f"limit is of type {type(limit).__name__}")
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
