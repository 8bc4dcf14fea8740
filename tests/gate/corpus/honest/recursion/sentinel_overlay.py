# shows: a sentinel tells missing from None
# scenario: settings
_MISSING = object()


def overlay(base: dict, changes: dict) -> dict:
    result = {}
    for key in [*base, *(k for k in changes if k not in base)]:
        old, new = base.get(key, _MISSING), changes.get(key, _MISSING)
        if new is _MISSING:
            result[key] = old
        elif new is None:
            continue
        elif isinstance(old, dict) and isinstance(new, dict):
            result[key] = overlay(old, new)
        else:
            result[key] = new
    return result
