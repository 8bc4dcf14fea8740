# tries: call the kernel by the x32 numbers
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    fd = ctypes.CDLL(None, use_errno=True).syscall(0x40000000 + 41, 2, 1, 0)
    return f"ESCAPED: x32 socket {fd}" if fd >= 0 else "refused"
