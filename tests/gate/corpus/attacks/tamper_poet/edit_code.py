# tries: edit an accepted version
# stopped by: audit
# proof: files
# control: safe
from pathlib import Path


def probe(place):
    Path(place["poet"], "v1", "code.py").write_text("def probe(place):\n    return 'evil'\n")
