# tries: change the working folder
# stopped by: audit
# proof: reported
import os


def probe(place):
    os.chdir("/")
    os.umask(0)
    return "changed"
