# tries: trace its parent
# stopped by: audit
# proof: victim
import ctypes
import os


def probe(place):
    done = ctypes.CDLL(None).ptrace(0x4206, os.getppid(), 0, 0)
    return "ESCAPED: traces" if done == 0 else "refused"
