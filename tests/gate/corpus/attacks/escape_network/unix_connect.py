# tries: connect to a socket in the file system
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    link = socket.socket(socket.AF_UNIX)
    link.connect(place["unix"])
    link.sendall(b"hello")
