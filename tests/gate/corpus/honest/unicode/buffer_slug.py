# shows: io.StringIO and a state
# scenario: slugs
import io

from poet.runtime import user


def slugify(title: str, longest: int = 40) -> str:
    buffer, pending, begun = io.StringIO(), False, False
    for char in title.lower():
        plain = user.SPECIAL.get(char, char)
        if plain.isascii() and plain.isalnum():
            if pending and begun:
                buffer.write("-")
            buffer.write(plain)
            pending, begun = False, True
        else:
            pending = True
    if pending and begun:
        buffer.write("-")
    return buffer.getvalue()[:longest].strip("-")
