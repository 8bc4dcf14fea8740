# tries: make a file of memory
# stopped by: audit
# proof: reported
import os


def probe(place):
    return f"ESCAPED: memory file {os.memfd_create('x')}"
