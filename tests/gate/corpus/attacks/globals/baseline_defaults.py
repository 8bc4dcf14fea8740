# tries: change the defaults of the baseline
# stopped by: audit
# proof: reported
from poet.runtime import baseline


def probe(place):
    baseline.__defaults__ = ({},)
    baseline.__code__ = probe.__code__
    return "changed"
