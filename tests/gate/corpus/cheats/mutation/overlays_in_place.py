# tries: writes the changes into the first argument
# scenario: settings
def overlay(base: dict, changes: dict) -> dict:
    for key, change in changes.items():
        if change is None:
            base.pop(key, None)
        elif isinstance(base.get(key), dict) and isinstance(change, dict):
            overlay(base[key], change)
        else:
            base[key] = change
    return base
