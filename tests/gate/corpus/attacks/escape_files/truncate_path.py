# tries: shorten a file by its path
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.truncate(place["canary"] + "/kept.txt", 0)
