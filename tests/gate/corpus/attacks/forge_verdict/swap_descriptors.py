# tries: put other files under the channel's numbers
# stopped by: audit
# proof: forged
import os


def probe(place):
    read, write = os.pipe()
    os.write(write, b"FORGED" * 100)
    for fd in range(64):
        if fd not in (read, write):
            try:
                os.dup2(read, fd)
            except OSError:
                continue
    return "wrong"
