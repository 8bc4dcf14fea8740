# tries: make raw packets
# stopped by: audit
# proof: reported
import socket


def probe(place):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    return "ESCAPED: raw socket"
