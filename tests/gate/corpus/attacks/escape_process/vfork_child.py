# tries: fork by the other call
# stopped by: audit
# proof: process
# machine: x86_64
import ctypes
import os


def probe(place):
    pid = ctypes.CDLL(None).syscall(57)
    if pid == 0:
        os._exit(0)
    return f"ESCAPED: forked {pid}" if pid > 0 else "refused"
