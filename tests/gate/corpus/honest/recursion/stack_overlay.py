# shows: no recursion: a stack of pairs
# scenario: settings
def overlay(base: dict, changes: dict) -> dict:
    result: dict = {}
    todo = [(base, changes, result)]
    while todo:
        old, new, target = todo.pop()
        for key, value in old.items():
            if key not in new:
                target[key] = value
            elif new[key] is None:
                continue
            elif isinstance(value, dict) and isinstance(new[key], dict):
                target[key] = {}
                todo.append((value, new[key], target[key]))
            else:
                target[key] = new[key]
        target.update({k: v for k, v in new.items() if k not in old and v is not None})
    return result
