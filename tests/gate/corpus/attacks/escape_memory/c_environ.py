# tries: read the environment below Python
# stopped by: audit
# proof: secret
# control: safe
import ctypes


def probe(place):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    found, index = [], 0
    while environ and environ[index]:
        found.append(environ[index])
        index += 1
    return found
