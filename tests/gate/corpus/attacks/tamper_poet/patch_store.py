# tries: replace the store's own functions
# stopped by: audit
# proof: reported
import poet.store


def probe(place):
    poet.store.sha256 = lambda text: "0" * 64
    return "patched"
