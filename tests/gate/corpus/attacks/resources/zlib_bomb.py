# tries: unpack a bomb
# stopped by: sandbox
# proof: limits
import zlib


def probe(place):
    bomb = zlib.compress(bytes(1 << 20), 9)
    return len(b"".join(zlib.decompress(bomb) for _ in range(4096)))
