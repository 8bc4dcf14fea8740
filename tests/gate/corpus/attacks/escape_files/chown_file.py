# tries: change a file's owner
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.chown(place["canary"] + "/kept.txt", 12345, 12345)
