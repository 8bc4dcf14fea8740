# tries: trace another process
# stopped by: audit
# proof: victim
# control: safe
import ctypes
import time


def probe(place):
    done = ctypes.CDLL(None).ptrace(0x4206, place["victim"], 0, 0)
    time.sleep(0.2)
    return "ESCAPED: traces" if done == 0 else "refused"
