# tries: rename the machine
# stopped by: audit
# proof: reported
import socket


def probe(place):
    socket.sethostname(socket.gethostname())
    return "ESCAPED: may rename the machine"
