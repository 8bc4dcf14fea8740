# tries: change a file's mode
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.chmod(place["canary"] + "/kept.txt", 0o777)
