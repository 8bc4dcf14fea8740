# tries: load a program into the kernel
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    attributes = (ctypes.c_uint32 * 30)(1, 4, 4, 1)
    fd = ctypes.CDLL(None, use_errno=True).syscall(321, 0, attributes, 120)
    return f"ESCAPED: bpf {fd}" if fd >= 0 else "refused"
