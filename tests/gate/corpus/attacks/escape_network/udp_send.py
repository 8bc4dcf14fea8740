# tries: send a datagram
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", place["udp"]))
