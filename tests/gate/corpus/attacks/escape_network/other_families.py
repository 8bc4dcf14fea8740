# tries: open a socket of any other family
# stopped by: audit
# proof: reported
import socket


def probe(place):
    got = []
    for family in range(1, 46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, 5):
            try:
                got.append((family, kind, socket.socket(family, kind).fileno()))
            except OSError:
                continue
    return f"ESCAPED: {got}" if got else "refused"
