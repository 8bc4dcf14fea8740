# tries: make memory outside every limit
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    fd = ctypes.CDLL(None, use_errno=True).syscall(447, 0)
    return f"ESCAPED: secret memory {fd}" if fd >= 0 else "refused"
