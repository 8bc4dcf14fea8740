# tries: read a file through os.open and os.read
# stopped by: audit
# proof: secret
# control: safe
import os


def probe(place):
    return os.read(os.open(place["secrets"]["project"], os.O_RDONLY), 4096)
