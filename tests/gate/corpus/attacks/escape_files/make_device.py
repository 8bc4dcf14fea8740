# tries: make a device file
# stopped by: audit
# proof: files
import os
import stat


def probe(place):
    os.mknod(place["canary"] + "/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
