# tries: make a file with creat
# stopped by: audit
# proof: files
# control: safe
# machine: x86_64
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(85, (place["canary"] + "/created").encode(), 0o644)
