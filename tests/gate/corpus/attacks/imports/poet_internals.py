# tries: import the gate itself
# stopped by: audit
# proof: reported
import poet.gate.verify as verify


def probe(place):
    verify.judge = lambda *a, **k: True
    return "patched"
