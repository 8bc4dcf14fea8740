# tries: leave a memory image behind
# stopped by: audit
# proof: files
import ctypes
import os
import resource


def probe(place):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
        os.chdir(place["canary"])
    except (ValueError, OSError):
        pass
    ctypes.string_at(0)
