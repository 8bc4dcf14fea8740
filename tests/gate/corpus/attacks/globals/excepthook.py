# tries: hide every traceback
# stopped by: audit
# proof: reported
import sys
import threading


def probe(place):
    sys.excepthook = lambda *a: None
    threading.excepthook = lambda *a: None
    return "hidden"
