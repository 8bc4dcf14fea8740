# tries: mount with fsopen and open_tree
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(430, b"tmpfs", 0) >= 0:
        return "ESCAPED: fsopen"
    done = libc.syscall(428, -100, place["project"].encode(), 1)
    return "ESCAPED: open_tree" if done >= 0 else "refused"
