# tries: run a program out of memory
# stopped by: audit
# proof: process
# machine: x86_64
import ctypes
import os


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(319, b"x", 0)
    if fd < 0:
        return "refused"
    os.write(fd, open("/bin/true", "rb").read())
    empty = (ctypes.c_char_p * 1)(None)
    libc.syscall(322, fd, b"", empty, empty, 0x1000)
    return "ESCAPED: has a memory file"
