# tries: become another program
# stopped by: audit
# proof: secret
# control: safe
import os


def probe(place):
    os.execv("/bin/cat", ["cat", place["secrets"]["project"]])
