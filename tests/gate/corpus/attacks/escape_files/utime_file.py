# tries: change a file's times
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.utime(place["canary"] + "/kept.txt", (1, 1))
