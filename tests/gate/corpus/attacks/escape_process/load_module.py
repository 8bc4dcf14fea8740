# tries: load a kernel module
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.syscall(175, b"", 0, b"")
    return "ESCAPED: may load modules" if ctypes.get_errno() not in (1, 38) else f"refused {done}"
