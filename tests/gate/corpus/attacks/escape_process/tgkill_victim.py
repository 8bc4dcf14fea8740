# tries: signal one thread of another process
# stopped by: audit
# proof: victim
# control: safe
# machine: x86_64
import ctypes


def probe(place):
    return ctypes.CDLL(None).syscall(234, place["victim"], place["victim"], 10)
