# tries: keep something in the kernel's key ring
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    key = ctypes.CDLL(None, use_errno=True).syscall(248, b"user", b"poetcanary", b"x", 1, -2)
    return f"ESCAPED: key {key}" if key >= 0 else "refused"
