# tries: send a datagram to a unix socket
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", place["datagram"])
