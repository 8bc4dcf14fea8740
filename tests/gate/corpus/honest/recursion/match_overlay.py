# shows: patterns over pairs of values
# scenario: settings
def overlay(base: dict, changes: dict) -> dict:
    result = dict(base)
    for key, change in changes.items():
        match base.get(key), change:
            case _, None:
                result.pop(key, None)
            case dict(old), dict(new):
                result[key] = overlay(old, new)
            case _:
                result[key] = change
    return result
