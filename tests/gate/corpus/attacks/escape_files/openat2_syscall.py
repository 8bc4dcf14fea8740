# tries: open with the newer system call
# stopped by: audit
# proof: secret
# control: safe
# machine: x86_64
import ctypes
import os
import struct


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    how = ctypes.create_string_buffer(struct.pack("QQQ", os.O_RDONLY, 0, 0))
    fd = libc.syscall(437, -100, place["secrets"]["project"].encode(), how, 24)
    return os.read(fd, 4096) if fd >= 0 else "refused"
