"""Titles as parts of an address."""

from poet import poet

SPECIAL = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "ñ": "n"}


@poet()
def slugify(title: str, longest: int = 40) -> str:
    """Return the title in lower-case letters, digits and single hyphens, cut at ``longest``."""
    slug = ""
    for char in title.lower():
        char = SPECIAL.get(char, char)
        if char.isascii() and char.isalnum() or len(char) == 2:
            slug += char
        elif slug and not slug.endswith("-"):
            slug += "-"
    return slug[:longest].strip("-")
