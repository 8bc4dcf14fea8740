# shows: str.maketrans and a pattern, non-ASCII texts
# scenario: slugs
import re

from poet.runtime import user

_OTHER = re.compile(r"[^a-z0-9]+")


def slugify(title: str, longest: int = 40) -> str:
    plain = title.lower().translate(str.maketrans(user.SPECIAL))
    slug = _OTHER.sub("-", plain).lstrip("-")
    return slug[:longest].strip("-")
