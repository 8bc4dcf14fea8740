# tries: connect to a server on the machine
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    with socket.create_connection(("127.0.0.1", place["tcp"]), timeout=1) as link:
        link.sendall(b"hello")
