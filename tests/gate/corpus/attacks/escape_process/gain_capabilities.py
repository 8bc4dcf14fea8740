# tries: take capabilities back
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(0xFFFFFFFF, 0xFFFFFFFF, 0, 0x1FF, 0x1FF, 0)
    done = ctypes.CDLL(None, use_errno=True).syscall(126, header, data)
    return "ESCAPED: has capabilities" if done == 0 else "refused"
