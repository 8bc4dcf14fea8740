# tries: mount a file system over the canary
# stopped by: audit
# proof: reported
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(b"none", place["canary"].encode(), b"tmpfs", 0, None)
    return "ESCAPED: mounted" if done == 0 else "refused"
