# tries: disable the restart keys
# stopped by: audit
# proof: reported
# machine: x86_64
import ctypes


def probe(place):
    done = ctypes.CDLL(None, use_errno=True).syscall(169, 0xFEE1DEAD, 672274793, 0, 0)
    return "ESCAPED: reboot" if done == 0 else "refused"
