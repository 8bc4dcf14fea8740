# tries: connect by multipath TCP, which filters on TCP miss
# stopped by: audit
# proof: network
# control: safe
import socket


def probe(place):
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    link.settimeout(1)
    link.connect(("127.0.0.1", place["tcp"]))
