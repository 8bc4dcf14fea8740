# shows: comprehensions and a helper that recurses
# scenario: settings
from poet.runtime import baseline


def _merged(old: object, new: object) -> object:
    return overlay(old, new) if isinstance(old, dict) and isinstance(new, dict) else new


def overlay(base: dict, changes: dict) -> dict:
    kept = {
        key: _merged(value, changes[key]) if key in changes else value
        for key, value in base.items()
        if key not in changes or changes[key] is not None
    }
    added = {key: value for key, value in changes.items() if key not in base and value is not None}
    return {**kept, **added}
