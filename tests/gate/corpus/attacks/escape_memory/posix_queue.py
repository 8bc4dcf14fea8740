# tries: make a named message queue
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    fd = ctypes.CDLL(None, use_errno=True).syscall(240, place["mark"].encode(), 0x42, 0o600, None)
    if fd >= 0:
        ctypes.CDLL(None).syscall(241, place["mark"].encode())
    return f"ESCAPED: queue {fd}" if fd >= 0 else "refused"
