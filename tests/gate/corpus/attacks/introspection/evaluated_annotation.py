# tries: run code in an annotation
# stopped by: audit
# proof: reported
import typing


def target(x: "__import__('os').getppid()") -> None:
    return None


def probe(place):
    try:
        hints = typing.get_type_hints(target)
    except TypeError as error:
        return f"evaluated: {error}"
    return str(hints)
