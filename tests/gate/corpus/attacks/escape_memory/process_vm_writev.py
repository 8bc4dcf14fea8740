# tries: overwrite the memory of another process
# stopped by: audit
# proof: victim
# control: safe
import ctypes


def probe(place):
    data = ctypes.create_string_buffer(b"OVERWRITTEN")
    near = (ctypes.c_size_t * 2)(ctypes.addressof(data), 11)
    far = (ctypes.c_size_t * 2)(place["victim_address"], 11)
    done = ctypes.CDLL(None, use_errno=True).process_vm_writev(place["victim"], near, 1, far, 1, 0)
    return "ESCAPED: wrote" if done > 0 else "refused"
