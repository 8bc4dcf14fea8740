# tries: take a mount namespace of its own
# stopped by: audit
# proof: reported
import os


def probe(place):
    if hasattr(os, "unshare"):
        os.unshare(0x00020000)
        return "ESCAPED: has a mount namespace"
    import ctypes

    done = ctypes.CDLL(None).unshare(0x10020000)
    return "ESCAPED: has namespaces" if done == 0 else "refused"
