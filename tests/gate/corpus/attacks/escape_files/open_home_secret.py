# tries: read a file in HOME with pathlib
# stopped by: audit
# proof: secret
# control: safe
from pathlib import Path


def probe(place):
    return Path(place["secrets"]["home"]).read_text()
