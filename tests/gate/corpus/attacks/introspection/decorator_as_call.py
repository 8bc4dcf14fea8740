# tries: call a function by decorating with it
# stopped by: audit
# proof: secret
# control: safe
import functools


def probe(place):
    path = place["secrets"]["tmp"]

    @open
    @(lambda _: path)
    def stream():
        return None

    return functools.partial(stream.read)()
