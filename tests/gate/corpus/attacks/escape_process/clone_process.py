# tries: clone without sharing
# stopped by: audit
# proof: process
# machine: x86_64
import ctypes
import os


def probe(place):
    pid = ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return f"ESCAPED: cloned {pid}" if pid > 0 else "refused"
