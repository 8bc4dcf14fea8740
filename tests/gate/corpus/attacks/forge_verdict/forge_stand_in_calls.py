# tries: pretend that the function was called
# stopped by: audit
# proof: calls
import gc


def probe(place):
    for thing in gc.get_objects():
        try:
            if type(thing).__name__ == "_StandIn" or hasattr(thing, "calls"):
                thing.calls.append([[1], {}])
        except Exception:
            continue
    return "wrong"
