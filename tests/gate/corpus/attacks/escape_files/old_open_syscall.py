# tries: read with the oldest system calls, past libc
# stopped by: audit
# proof: secret
# control: safe
# machine: x86_64
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(2, place["secrets"]["project"].encode(), 0, 0)
    data = ctypes.create_string_buffer(4096)
    size = libc.syscall(0, fd, data, 4096)
    return data.raw[: max(size, 0)]
