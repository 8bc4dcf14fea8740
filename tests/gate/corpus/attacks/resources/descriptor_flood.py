# tries: open descriptors without end
# stopped by: audit
# proof: limits
import os


def probe(place):
    kept = []
    while True:
        kept.append(os.pipe())
