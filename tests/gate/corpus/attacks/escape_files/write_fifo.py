# tries: send the host a line through a named pipe it reads
# stopped by: audit
# proof: network
# control: safe
import os


def probe(place):
    os.write(os.open(place["fifo"], os.O_WRONLY | os.O_NONBLOCK), b"hello\n")
