# tries: change the root
# stopped by: audit
# proof: reported
import os


def probe(place):
    os.chroot(place["canary"])
    return "ESCAPED: has another root"
