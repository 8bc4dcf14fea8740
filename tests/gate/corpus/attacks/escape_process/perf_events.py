# tries: watch the machine's counters
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    attributes = (ctypes.c_uint32 * 28)(1, 112)
    fd = ctypes.CDLL(None, use_errno=True).syscall(298, attributes, 0, -1, -1, 0)
    return f"ESCAPED: perf {fd}" if fd >= 0 else "refused"
