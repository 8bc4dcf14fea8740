# shows: isinstance on the abstract type, dicts only
# scenario: settings
import copy
from collections.abc import Mapping


def overlay(base: dict, changes: dict) -> dict:
    result = copy.copy(base)
    for key, change in changes.items():
        if change is None:
            result.pop(key, None)
            continue
        old = base.get(key)
        both = isinstance(old, Mapping) and isinstance(change, Mapping)
        result[key] = overlay(old, change) if both else change
    return result
