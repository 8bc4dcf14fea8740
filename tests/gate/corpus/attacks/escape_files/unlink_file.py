# tries: delete a file
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.unlink(place["canary"] + "/kept.txt")
