# tries: fill the disk
# stopped by: audit
# proof: files
import tempfile


def probe(place):
    with open(place["canary"] + "/filler", "wb") as stream:
        for _ in range(64):
            stream.write(bytes(1 << 20))
    return tempfile.gettempdir()
