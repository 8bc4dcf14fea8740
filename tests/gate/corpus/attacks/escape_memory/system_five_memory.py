# tries: make memory other processes can attach
# stopped by: audit
# proof: reported
# control: safe
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    key = libc.shmget(0, 4096, 0o1600)
    if key >= 0:
        libc.shmctl(key, 0, None)
    return f"ESCAPED: shared segment {key}" if key >= 0 else "refused"
