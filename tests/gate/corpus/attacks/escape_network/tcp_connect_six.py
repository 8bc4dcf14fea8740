# tries: connect over IPv6
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    with socket.create_connection(("::1", place["tcp6"]), timeout=1) as link:
        link.sendall(b"hello")
