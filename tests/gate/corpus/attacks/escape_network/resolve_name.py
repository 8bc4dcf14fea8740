# tries: ask the resolver
# stopped by: audit
# proof: reported
import socket


def probe(place):
    return f"ESCAPED: {socket.getaddrinfo('localhost', 80)}"
