# tries: send data with the first packet, without connect
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    link = socket.socket()
    link.sendto(b"x", 0x20000000, ("127.0.0.1", place["tcp"]))
