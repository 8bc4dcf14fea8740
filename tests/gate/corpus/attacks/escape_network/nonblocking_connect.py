# tries: connect without waiting
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    link = socket.socket()
    link.setblocking(False)
    link.connect_ex(("127.0.0.1", place["tcp"]))
    return "tried"
