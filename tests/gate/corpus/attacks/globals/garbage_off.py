# tries: switch the collector off
# stopped by: audit
# proof: reported
import gc


def probe(place):
    gc.disable()
    return "off"
