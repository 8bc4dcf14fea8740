# shows: urllib.parse, which opens nothing
# scenario: slugs
from urllib.parse import quote

from poet.runtime import user


def slugify(title: str, longest: int = 40) -> str:
    slug = ""
    for char in title.lower():
        plain = user.SPECIAL.get(char, char)
        if plain.isascii() and plain.isalnum():
            slug += plain
        elif slug and not slug.endswith("-"):
            slug += "-"
    found = slug[:longest].strip("-")
    return found if quote(found) == found else slug
