# tries: write into a folder anyone may write
# stopped by: audit
# proof: files
# control: safe
from pathlib import Path


def probe(place):
    Path(place["canary"], "new.txt").write_text("x")
