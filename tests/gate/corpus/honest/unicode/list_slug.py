# shows: parts joined once
# scenario: slugs
from poet.runtime import user


def slugify(title: str, longest: int = 40) -> str:
    parts: list[str] = []
    for char in title.lower():
        plain = user.SPECIAL.get(char, char)
        if plain.isascii() and plain.isalnum():
            parts.append(plain)
        elif parts and parts[-1] != "-":
            parts.append("-")
    return "".join(parts)[:longest].strip("-")
