"""Settings in layers."""

from poet import poet


@poet()
def overlay(base: dict, changes: dict) -> dict:
    """Return base with changes laid over it, deep; None removes a key; neither argument is changed."""
    result = {}
    for key, value in base.items():
        if key not in changes:
            result[key] = value
        elif changes[key] is None:
            continue
        elif isinstance(value, dict) and isinstance(changes[key], dict):
            result[key] = overlay(value, changes[key])
        else:
            result[key] = changes[key]
    for key, value in changes.items():
        if key not in base and value is not None:
            result[key] = value
    return result
