# shows: a cache for repeated characters, comments in other scripts
# scenario: slugs
from functools import lru_cache

from poet.runtime import user

BINDESTRICH = "-"  # für Wörter wie „Größe“ – und 東京


@lru_cache(maxsize=1024)
def _one(char: str) -> str:
    plain = user.SPECIAL.get(char, char)
    return plain if plain.isascii() and plain.isalnum() else ""


def slugify(title: str, longest: int = 40) -> str:
    slug = ""
    for char in title.lower():
        plain = _one(char)
        if plain:
            slug += plain
        elif slug and slug[-1] != BINDESTRICH:
            slug += BINDESTRICH
    return slug[:longest].strip(BINDESTRICH)
