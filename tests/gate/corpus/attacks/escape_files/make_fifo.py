# tries: make a named pipe
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.mkfifo(place["canary"] + "/pipe")
