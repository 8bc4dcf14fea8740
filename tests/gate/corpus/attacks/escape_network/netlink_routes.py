# tries: talk to the kernel's network settings
# stopped by: audit
# proof: reported
# control: safe
import socket


def probe(place):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))
    return "ESCAPED: netlink"
