# tries: attach an attribute to a file
# stopped by: audit
# proof: files
# control: safe
import os


def probe(place):
    os.setxattr(place["canary"] + "/kept.txt", "user.mark", b"x")
