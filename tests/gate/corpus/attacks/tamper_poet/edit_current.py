# tries: point current at another version
# stopped by: audit
# proof: files
# control: safe
from pathlib import Path


def probe(place):
    Path(place["poet"], "current").write_text("v9\n")
