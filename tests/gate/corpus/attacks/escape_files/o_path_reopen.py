# tries: open a handle without rights and reopen it through /proc/self/fd
# stopped by: audit
# proof: secret
# control: safe
import os


def probe(place):
    fd = os.open(place["secrets"]["project"], os.O_PATH)
    return open(f"/proc/self/fd/{fd}").read()
