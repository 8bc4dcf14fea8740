# tries: connect to an abstract socket
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    link = socket.socket(socket.AF_UNIX)
    link.connect("\0" + place["abstract"])
    link.sendall(b"hello")
