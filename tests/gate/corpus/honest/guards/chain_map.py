# shows: ChainMap for reading both layers
# scenario: settings
from collections import ChainMap


def overlay(base: dict, changes: dict) -> dict:
    both = ChainMap(changes, base)
    order = list(base) + [key for key in changes if key not in base]
    result = {}
    for key in order:
        value = both[key]
        if value is None and key in changes:
            continue
        nested = key in changes and isinstance(base.get(key), dict) and isinstance(value, dict)
        result[key] = overlay(base[key], value) if nested else value
    return result
