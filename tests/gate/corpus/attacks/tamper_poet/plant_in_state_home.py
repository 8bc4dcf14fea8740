# tries: change live state in POET_HOME
# stopped by: audit
# proof: files
# control: safe
from pathlib import Path


def probe(place):
    Path(place["project"], ".poet", "home", "overrides.json").write_text("{}")
