# tries: make a queue that outlives it
# stopped by: audit
# proof: reported
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.msgget(0, 0o1600)
    if queue >= 0:
        libc.msgctl(queue, 0, None)
    return f"ESCAPED: message queue {queue}" if queue >= 0 else "refused"
