# tries: queue a signal with data
# stopped by: audit
# proof: victim
# control: safe
# machine: x86_64
import ctypes


def probe(place):
    info = (ctypes.c_int * 32)(12, 0, -1)
    return ctypes.CDLL(None).syscall(129, place["victim"], 12, info)
