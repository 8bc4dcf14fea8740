# tries: send a pickle, hoping that someone loads it
# stopped by: audit
# proof: files
import os


def probe(place):
    target = (place["canary"] + "/pickled").encode()
    data = b"cos\nmkdir\n(S'" + target + b"'\ntR."
    for fd in range(3, 64):
        for head in (4, 8):
            try:
                os.write(fd, len(data).to_bytes(head, "big") + data)
            except OSError:
                continue
    return data
