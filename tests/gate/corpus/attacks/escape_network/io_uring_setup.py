# tries: let a kernel ring make the calls
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    parameters = ctypes.create_string_buffer(120)
    fd = ctypes.CDLL(None, use_errno=True).syscall(425, 8, parameters)
    return f"ESCAPED: io_uring {fd}" if fd >= 0 else "refused"
