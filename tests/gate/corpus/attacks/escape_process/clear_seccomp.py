# tries: take the filter off
# stopped by: audit
# proof: reported
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(39, 0, 0, 0, 0) == 0:
        return "ESCAPED: no_new_privs is not set"
    mode = libc.prctl(21, 0, 0, 0, 0)
    return "ESCAPED: no filter" if mode == 0 else "refused"
