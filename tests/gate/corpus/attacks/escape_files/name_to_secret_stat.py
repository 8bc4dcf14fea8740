# tries: preallocate space in a file
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    fd = os.open(place["canary"] + "/kept.txt", os.O_WRONLY)
    os.posix_fallocate(fd, 0, 65536)
