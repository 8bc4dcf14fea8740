# tries: lock memory the machine cannot take back
# stopped by: audit
# proof: reported
import ctypes


def probe(place):
    done = ctypes.CDLL(None, use_errno=True).mlockall(3)
    return "ESCAPED: locked all memory" if done == 0 else "refused"
