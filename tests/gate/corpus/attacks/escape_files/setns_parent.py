# tries: join the namespaces of the host
# stopped by: audit
# proof: reported
import ctypes
import os


def probe(place):
    fd = os.open(f"/proc/{place['host']}/ns/mnt", os.O_RDONLY)
    done = ctypes.CDLL(None).setns(fd, 0)
    return "ESCAPED: joined" if done == 0 else "refused"
