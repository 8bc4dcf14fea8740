# tries: read another function's closure
# stopped by: audit
# proof: secret
from poet.runtime import baseline


def probe(place):
    cells = [c.cell_contents for c in (baseline.__closure__ or ())]
    return [str(c)[:2000] for c in cells] + sorted(baseline.__globals__)
