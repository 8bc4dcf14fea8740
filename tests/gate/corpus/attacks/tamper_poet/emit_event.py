# tries: have POET write an event for it
# stopped by: audit
# proof: files
import os


def probe(place):
    os.environ["POET_EVENTS"] = "1"
    os.environ["POET_HOME"] = place["canary"]
    import poet

    poet.emit("drift.validation", {"x": 1})
