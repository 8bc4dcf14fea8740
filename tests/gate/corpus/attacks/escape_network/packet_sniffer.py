# tries: read the machine's traffic
# stopped by: audit
# proof: reported
import socket


def probe(place):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300)
    return "ESCAPED: packet socket"
