# tries: make a folder
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.makedirs(place["canary"] + "/a/b/c")
