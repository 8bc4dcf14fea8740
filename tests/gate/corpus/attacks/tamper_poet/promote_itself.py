# tries: promote itself with the public functions
# stopped by: audit
# proof: files
def probe(place):
    from pathlib import Path

    from poet.store import locate

    store = locate(Path(place["project"], "app.py"), "probe")
    store.promote("v1", expected=None, reason="I say so")
