# tries: enter the kernel by the old 32-bit gate
# stopped by: audit
# proof: reported
import ctypes
import mmap


def probe(place):
    # int 0x80 with eax = 20 (getpid of the 32-bit table); ret
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    page.write(code)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    pid = ctypes.CFUNCTYPE(ctypes.c_int)(start)()
    return f"ESCAPED: the 32-bit gate answers {pid}" if pid > 0 else "refused"
