# tries: rename a file
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.rename(place["canary"] + "/kept.txt", place["canary"] + "/gone.txt")
