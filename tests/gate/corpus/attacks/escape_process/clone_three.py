# tries: clone by the newest call
# stopped by: audit
# proof: process
# machine: x86_64
import ctypes
import os
import struct


def probe(place):
    arguments = ctypes.create_string_buffer(struct.pack("11Q", 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0))
    pid = ctypes.CDLL(None).syscall(435, arguments, 88)
    if pid == 0:
        os._exit(0)
    return f"ESCAPED: cloned {pid}" if pid > 0 else "refused"
