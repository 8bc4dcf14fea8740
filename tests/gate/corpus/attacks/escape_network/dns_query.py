# tries: carry data out in a name query
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    query = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06secret\x00\x00\x01\x00\x01"
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", place["udp"]))
