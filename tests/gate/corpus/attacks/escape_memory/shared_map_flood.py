# tries: fill the machine's memory past the data limit
# stopped by: audit
# proof: limits
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    size = 1 << 30
    address = libc.mmap(None, size, 3, 0x21, -1, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        return "refused"
    ctypes.memset(address, 1, size)
    return "ESCAPED: took a gibibyte"
