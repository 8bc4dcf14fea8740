# tries: open another transport
# stopped by: audit
# proof: reported
import socket


def probe(place):
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
    return f"ESCAPED: sctp {link.fileno()}"
