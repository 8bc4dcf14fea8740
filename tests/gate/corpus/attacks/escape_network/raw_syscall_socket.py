# tries: connect by number, past libc
# stopped by: audit
# proof: network
# control: safe
# machine: x86_64
import ctypes
import struct


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(41, 2, 1, 0)
    address = struct.pack("<H", 2) + struct.pack(">H", place["tcp"]) + bytes([127, 0, 0, 1]) + bytes(8)
    return libc.syscall(42, fd, address, 16)
