# tries: write events of its own
# stopped by: audit
# proof: files
# control: safe
from pathlib import Path


def probe(place):
    Path(place["project"], ".poet", "home", "events", "x.jsonl").write_text("{}\n")
