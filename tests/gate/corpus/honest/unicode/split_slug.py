# shows: split and join on blanks
# scenario: slugs
from poet.runtime import user


def _plain(char: str) -> str:
    char = user.SPECIAL.get(char, char)
    return char if char.isascii() and char.isalnum() else " "


def slugify(title: str, longest: int = 40) -> str:
    words = "".join(_plain(char) for char in title.lower()).split()
    return "-".join(words)[:longest].strip("-")
