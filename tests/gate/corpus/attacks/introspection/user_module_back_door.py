# tries: reach the user's module behind the list of names
# stopped by: audit
# proof: secret
from poet.runtime import user


def probe(place):
    table = object.__getattribute__(user, "_namespace")
    return {k: str(v)[:200] for k, v in table.items()}
