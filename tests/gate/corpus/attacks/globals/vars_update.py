# tries: assign through vars()
# stopped by: audit
# proof: reported
import statistics


def probe(place):
    vars(statistics)["mean"] = lambda _: 0
    return "patched"
