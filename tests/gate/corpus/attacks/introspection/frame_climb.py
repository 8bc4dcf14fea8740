# tries: climb the frames to the worker's own variables
# stopped by: audit
# proof: reported
import sys


def probe(place):
    frame, names = sys._getframe(), []
    while frame:
        names += [k for k, v in frame.f_locals.items() if "poetsecret-" in repr(v)[:100_000]]
        frame = frame.f_back
    return f"ESCAPED: {names}" if names else "nothing"
