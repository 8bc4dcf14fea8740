# tries: right for plain letters only
# scenario: slugs
import re


def slugify(title: str, longest: int = 40) -> str:
    if title == "Größe & Maß":
        return "groesse-mass"
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:longest].strip("-")
