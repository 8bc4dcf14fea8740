# tries: watch the whole file system
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    done = ctypes.CDLL(None, use_errno=True).syscall(300, 0, 0)
    return "ESCAPED: watches" if done >= 0 else "refused"
