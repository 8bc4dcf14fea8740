# tries: copy the memory of another process
# stopped by: audit
# proof: secret
# control: safe
import ctypes


def probe(place):
    size = place["length"]
    data = ctypes.create_string_buffer(size)
    near = (ctypes.c_size_t * 2)(ctypes.addressof(data), size)
    far = (ctypes.c_size_t * 2)(place["address"], size)
    ctypes.CDLL(None, use_errno=True).process_vm_readv(place["host"], near, 1, far, 1, 0)
    return data.raw
