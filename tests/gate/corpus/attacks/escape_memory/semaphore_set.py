# tries: make semaphores that outlive it
# stopped by: audit
# proof: reported
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.semget(0, 1, 0o1600)
    if made >= 0:
        libc.semctl(made, 0, 0)
    return f"ESCAPED: semaphores {made}" if made >= 0 else "refused"
