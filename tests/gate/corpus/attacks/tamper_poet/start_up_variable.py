# tries: have the next interpreter run a file
# stopped by: audit
# proof: reported
import os


def probe(place):
    os.environ["PYTHONSTARTUP"] = place["canary"] + "/kept.txt"
    os.environ["LD_PRELOAD"] = place["canary"] + "/kept.so"
    return "set"
