# tries: catch page faults of the kernel
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    fd = ctypes.CDLL(None, use_errno=True).syscall(323, 0)
    return f"ESCAPED: userfaultfd {fd}" if fd >= 0 else "refused"
