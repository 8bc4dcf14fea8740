# tries: search every Python object for a secret
# stopped by: audit
# proof: secret
import gc


def probe(place):
    found = []
    for thing in gc.get_objects():
        if type(thing) is dict:
            found += [v for v in list(thing.values()) if type(v) is str and "poetsecret-" in v]
        elif type(thing) is list:
            found += [v for v in thing if type(v) is str and "poetsecret-" in v]
    return found
