# tries: assign into the user's module
# stopped by: audit
# proof: reported
from poet.runtime import user


def probe(place):
    user.probe = lambda _: 1
    return "assigned"
